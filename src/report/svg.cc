#include "report/svg.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/axis.h"

namespace essaim {
namespace {

constexpr double kWidth = 720, kHeight = 380, kLeft = 64, kRight = 20, kTop = 16, kBottom = 52;
constexpr std::size_t kColours = 6;

std::string Px(double v) { return absl::StrFormat("%.1f", v); }

struct Frame {
  PlotRange range;
  double width = kWidth, height = kHeight;

  double X(double v) const {
    return kLeft + (v - range.x.low) / (range.x.high - range.x.low) * (width - kLeft - kRight);
  }

  double Y(double v) const {
    return height - kBottom -
           (v - range.y.low) / (range.y.high - range.y.low) * (height - kTop - kBottom);
  }
};

std::string Open(double width, double height, const std::string& title) {
  return absl::StrCat("<svg viewBox=\"0 0 ", width, " ", height, "\" style=\"max-width:", width,
                      "px\" role=\"img\" aria-label=\"", EscapeXml(title), "\">");
}

std::string Text(double x, double y, const char* anchor, const std::string& text,
                 const std::string& more = "") {
  return absl::StrCat("<text x=\"", Px(x), "\" y=\"", Px(y), "\" text-anchor=\"", anchor, "\"",
                      more, ">", EscapeXml(text), "</text>");
}

std::string Line(double x0, double y0, double x1, double y1, const char* style) {
  return absl::StrCat("<line class=\"", style, "\" x1=\"", Px(x0), "\" y1=\"", Px(y0), "\" x2=\"",
                      Px(x1), "\" y2=\"", Px(y1), "\"/>");
}

std::string Axes(const Frame& f, const Curve& curve) {
  std::string out;
  for (const double tick : f.range.y.ticks) {
    absl::StrAppend(&out, Line(kLeft, f.Y(tick), f.width - kRight, f.Y(tick), "grid"),
                    Text(kLeft - 8, f.Y(tick) + 4, "end", TickText(tick)));
  }
  for (const double tick : f.range.x.ticks) {
    absl::StrAppend(&out,
                    Line(f.X(tick), f.height - kBottom, f.X(tick), f.height - kBottom + 5, "axis"),
                    Text(f.X(tick), f.height - kBottom + 19, "middle", TickText(tick)));
  }
  const double middle = (kTop + f.height - kBottom) / 2;
  absl::StrAppend(
      &out, Line(kLeft, f.height - kBottom, f.width - kRight, f.height - kBottom, "axis"),
      Text((kLeft + f.width - kRight) / 2, f.height - 10, "middle", curve.x_title,
           " class=\"name\""),
      Text(16, middle, "middle", curve.y_title,
           absl::StrCat(" class=\"name\" transform=\"rotate(-90 16 ", Px(middle), ")\"")));
  return out;
}

std::string Points(const Frame& f, const std::vector<std::pair<double, double>>& path) {
  std::string out;
  for (const auto& [x, y] : path) absl::StrAppend(&out, Px(f.X(x)), ",", Px(f.Y(y)), " ");
  return out;
}

std::string SeriesSvg(const Frame& f, const Series& series, std::size_t colour) {
  std::string out;
  if (!series.lower.empty() && !series.upper.empty()) {
    auto band = Path(series, series.upper);
    auto back = Path(series, series.lower);
    band.insert(band.end(), back.rbegin(), back.rend());
    absl::StrAppend(&out, "<polygon class=\"band c", colour, "\" points=\"", Points(f, band),
                    "\"/>");
  }
  const auto path = Path(series, series.y);
  absl::StrAppend(&out, "<polyline class=\"line c", colour, "\" points=\"", Points(f, path),
                  "\"/>");
  if (!series.step && path.size() <= 24) {
    for (const auto& [x, y] : path) {
      absl::StrAppend(&out, "<circle class=\"dot c", colour, "\" cx=\"", Px(f.X(x)), "\" cy=\"",
                      Px(f.Y(y)), "\" r=\"3.2\"/>");
    }
  }
  return out;
}

bool WantsDiagonal(const Curve& curve) {
  return curve.id.find("roc") != std::string::npos ||
         curve.id.find("calibration") != std::string::npos;
}

const ResultColumn* Column(const ResultTable& table, std::initializer_list<const char*> names,
                           std::size_t& at) {
  for (const char* name : names) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (table.columns[c].name != name) continue;
      at = c;
      return &table.columns[c];
    }
  }
  return nullptr;
}

struct Estimate {
  std::string name;
  double middle = 0, low = 0, high = 0;
};

// The columns that a forest plot needs, under the names that the algorithms give them.
std::vector<Estimate> Estimates(const ResultTable& table, std::string& title, bool& ratio) {
  struct Names {
    std::initializer_list<const char*> middle, low, high;
    bool ratio;
  };

  const Names kinds[] = {{{"ratio", "hazard_ratio", "odds_ratio", "rate_ratio", "exp_estimate",
                           "exp_coefficient", "exp"},
                          {"hazard_ratio_lower", "odds_ratio_lower", "ratio_lower", "exp_lower"},
                          {"hazard_ratio_upper", "odds_ratio_upper", "ratio_upper", "exp_upper"},
                          true},
                         {{"hazard_ratio", "odds_ratio", "rate_ratio"}, {"lower"}, {"upper"}, true},
                         {{"estimate", "coefficient"},
                          {"lower", "estimate_lower"},
                          {"upper", "estimate_upper"},
                          false}};
  for (const Names& names : kinds) {
    std::size_t middle = 0, low = 0, high = 0;
    const ResultColumn* column = Column(table, names.middle, middle);
    if (column == nullptr || Column(table, names.low, low) == nullptr ||
        Column(table, names.high, high) == nullptr) {
      continue;
    }
    title = column->title.empty() ? column->name : column->title;
    ratio = names.ratio;
    std::vector<Estimate> estimates;
    for (const auto& row : table.rows) {
      const double* m = middle < row.size() ? std::get_if<double>(&row[middle]) : nullptr;
      const double* l = low < row.size() ? std::get_if<double>(&row[low]) : nullptr;
      const double* h = high < row.size() ? std::get_if<double>(&row[high]) : nullptr;
      const auto* name = row.empty() ? nullptr : std::get_if<std::string>(&row[0]);
      if (m == nullptr || l == nullptr || h == nullptr || name == nullptr) continue;
      if (!std::isfinite(*m) || !std::isfinite(*l) || !std::isfinite(*h)) continue;
      if (ratio && (*l <= 0 || *m <= 0 || *h <= 0)) continue;
      if (name->find("ntercept") != std::string::npos) continue;  // no effect: on another scale
      estimates.push_back({*name, *m, *l, *h});
    }
    if (!estimates.empty()) return estimates;
  }
  return {};
}

// Ticks of a ratio's axis, whose ends are logarithms: ..., 1/4, 1/2, 1, 2, 4, ...
std::vector<double> Doublings(const Axis& axis) {
  const double first = std::ceil(axis.low / std::log(2.0));
  const double n = std::floor(axis.high / std::log(2.0)) - first + 1;
  const double every = std::max(1.0, std::ceil(n / 8));
  std::vector<double> ticks;
  for (double k = std::ceil(first / every) * every; k < first + n; k += every) {
    ticks.push_back(k * std::log(2.0));
  }
  return ticks;
}

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

std::string CurveSvg(const Curve& curve) {
  const bool square = WantsDiagonal(curve);
  const Frame f = {RangeOf(curve, 8, 5), square ? 460.0 : kWidth, square ? 440.0 : kHeight};
  std::string out = absl::StrCat("<figure>", Open(f.width, f.height, curve.title), Axes(f, curve));
  if (square) {
    const double low = std::max(f.range.x.low, f.range.y.low);
    const double high = std::min(f.range.x.high, f.range.y.high);
    if (low < high) out += Line(f.X(low), f.Y(low), f.X(high), f.Y(high), "ideal");
  }
  for (std::size_t s = 0; s < curve.series.size(); ++s) {
    out += SeriesSvg(f, curve.series[s], s % kColours);
  }
  out += "</svg><figcaption>";
  for (std::size_t s = 0; s < curve.series.size() && curve.series.size() > 1; ++s) {
    absl::StrAppend(&out, "<span class=\"key c", s % kColours, "\"></span>",
                    EscapeXml(curve.series[s].name), " ");
  }
  return out + "</figcaption></figure>";
}

std::optional<std::string> ForestSvg(const ResultTable& table) {
  std::string title;
  bool ratio = false;
  const std::vector<Estimate> rows = Estimates(table, title, ratio);
  if (rows.size() < 2) return std::nullopt;
  const auto scale = [ratio](double v) { return ratio ? std::log(v) : v; };
  constexpr double kNames = 230, kRow = 22, kValues = 150;
  double low = scale(ratio ? 1 : 0), high = low;
  for (const Estimate& row : rows) {
    low = std::min(low, std::max(scale(row.low), scale(row.middle) - 4));
    high = std::max(high, std::min(scale(row.high), scale(row.middle) + 4));
  }
  Axis axis = MakeAxis(low - 0.05 * (high - low), high + 0.05 * (high - low), 6);
  if (ratio) axis.ticks = Doublings(axis);
  const double height = 46 + kRow * static_cast<double>(rows.size());
  const auto x = [&](double v) {
    const double share = (v - axis.low) / (axis.high - axis.low);
    return kNames + std::clamp(share, 0.0, 1.0) * (kWidth - kNames - kValues);
  };
  std::string out = absl::StrCat("<figure>", Open(kWidth, height, title));
  const double foot = height - 36;
  for (const double tick : axis.ticks) {
    const std::string text = ratio ? absl::StrFormat("%.3g", std::exp(tick)) : TickText(tick);
    absl::StrAppend(&out, Line(x(tick), 4, x(tick), foot, "grid"),
                    Text(x(tick), foot + 15, "middle", text));
  }
  absl::StrAppend(&out, Line(x(scale(ratio ? 1 : 0)), 4, x(scale(ratio ? 1 : 0)), foot, "ideal"),
                  Text((kNames + kWidth - kValues) / 2, height - 4, "middle",
                       absl::StrCat(title, ratio ? " (log scale)" : ""), " class=\"name\""));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Estimate& row = rows[i];
    const double y = 16 + kRow * static_cast<double>(i);
    absl::StrAppend(&out, Text(kNames - 12, y + 4, "end", row.name),
                    Line(x(scale(row.low)), y, x(scale(row.high)), y, "whisker"),
                    "<rect class=\"box\" x=\"", Px(x(scale(row.middle)) - 4), "\" y=\"", Px(y - 4),
                    "\" width=\"8\" height=\"8\"/>",
                    Text(kWidth - kValues + 12, y + 4, "start",
                         absl::StrFormat("%.2f [%.2f, %.2f]", row.middle, row.low, row.high)));
  }
  return out + "</svg></figure>";
}

}  // namespace essaim
