// Curves on a terminal: braille gives 2 x 4 dots a character; plain terminals get one mark each.
#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/axis.h"
#include "report/terminal.h"
#include "report/text_width.h"

namespace essaim {
namespace {

constexpr const char* kColours[] = {"\x1b[34m", "\x1b[33m", "\x1b[32m",
                                    "\x1b[31m", "\x1b[35m", "\x1b[36m"};
constexpr char kMarks[] = "*o+x#@";
constexpr std::size_t kStyles = 6;

struct Pixel {
  unsigned dots = 0;
  std::size_t series = 0;
};

class Canvas {
 public:
  Canvas(int columns, int rows, bool unicode)
      : columns_(columns),
        rows_(rows),
        across_(unicode ? 2 : 1),
        up_(unicode ? 4 : 1),
        unicode_(unicode),
        pixels_(static_cast<std::size_t>(columns * rows)) {}

  int width() const { return columns_ * across_; }

  int height() const { return rows_ * up_; }

  void Dot(int x, int y, std::size_t series) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    static constexpr unsigned kBits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    const int from_top = height() - 1 - y;
    Pixel& pixel = pixels_[static_cast<std::size_t>((from_top / up_) * columns_ + x / across_)];
    pixel.dots |= unicode_ ? kBits[from_top % 4][x % 2] : 1;
    pixel.series = series;
  }

  void Line(int x0, int y0, int x1, int y1, std::size_t series, int skip) {
    const int n = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
    for (int i = 0; i <= n; ++i) {
      if (skip > 1 && (x0 + i) % skip != 0) continue;
      Dot(x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * i / n, series);
    }
  }

  std::string Row(int row, bool colour) const {
    std::string out;
    for (int c = 0; c < columns_; ++c) {
      const Pixel& pixel = pixels_[static_cast<std::size_t>(row * columns_ + c)];
      if (pixel.dots == 0) {
        out += ' ';
        continue;
      }
      std::string mark(1, kMarks[pixel.series % kStyles]);
      if (unicode_) {  // U+2800 + dots, in UTF-8
        mark = {'\xe2', static_cast<char>(0xa0 | (pixel.dots >> 6)),
                static_cast<char>(0x80 | (pixel.dots & 63))};
      }
      absl::StrAppend(&out, colour ? kColours[pixel.series % kStyles] : "", mark,
                      colour ? "\x1b[0m" : "");
    }
    return out;
  }

 private:
  int columns_, rows_, across_, up_;
  bool unicode_;
  std::vector<Pixel> pixels_;
};

int Place(double value, const Axis& axis, int n) {
  const double share = (value - axis.low) / (axis.high - axis.low);
  return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * (n - 1)));
}

// A line for series without colour is told apart by gaps.
void Draw(const Curve& curve, const PlotRange& range, bool gaps, Canvas& canvas) {
  for (std::size_t s = 0; s < curve.series.size(); ++s) {
    const auto path = Path(curve.series[s], curve.series[s].y);
    const int skip = gaps ? 1 + static_cast<int>(s % kStyles) : 1;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const int x = Place(path[i].first, range.x, canvas.width());
      const int y = Place(path[i].second, range.y, canvas.height());
      if (i == 0) {
        canvas.Dot(x, y, s);
        continue;
      }
      canvas.Line(Place(path[i - 1].first, range.x, canvas.width()),
                  Place(path[i - 1].second, range.y, canvas.height()), x, y, s, skip);
    }
  }
}

// The letter of each series beside the row where it ends, so that curves are told apart without
// colour.
std::vector<std::string> Ends(const Curve& curve, const PlotRange& range, int rows) {
  std::vector<std::string> ends(static_cast<std::size_t>(rows));
  for (std::size_t s = 0; s < curve.series.size() && curve.series.size() > 1; ++s) {
    const auto path = Path(curve.series[s], curve.series[s].y);
    if (path.empty() || s >= 26) continue;
    std::string& end =
        ends[static_cast<std::size_t>(rows - 1 - Place(path.back().second, range.y, rows))];
    end += end.empty() ? " " : "";
    end += static_cast<char>('A' + s);
  }
  return ends;
}

std::string XTicks(const Axis& axis, int columns) {
  std::string line(static_cast<std::size_t>(columns) + 8, ' ');
  std::size_t free_from = 0;
  for (const double tick : axis.ticks) {
    const std::string text = TickText(tick);
    const auto middle = static_cast<std::size_t>(Place(tick, axis, columns));
    const std::size_t at = middle < text.size() / 2 ? 0 : middle - text.size() / 2;
    if (at < free_from || at + text.size() > line.size()) continue;
    line.replace(at, text.size(), text);
    free_from = at + text.size() + 1;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string CurveText(const Curve& curve, const TerminalStyle& style, int rows) {
  rows = std::clamp(rows, 4, 100);
  const PlotRange range = RangeOf(curve, 8, 5);
  std::size_t margin = 1;
  for (const double tick : range.y.ticks) margin = std::max(margin, TickText(tick).size());
  const int columns = std::clamp(style.columns, 40, 400) - static_cast<int>(margin) - 7;
  Canvas canvas(columns, rows, style.unicode);
  Draw(curve, range, style.unicode && !style.colour && curve.series.size() > 1, canvas);

  const auto clean = [&](const std::string& text) { return Printable(text, style.unicode); };
  std::string out = absl::StrCat(style.colour ? "\x1b[1m" : "", clean(curve.title),
                                 style.colour ? "\x1b[0m" : "", "\n", clean(curve.y_title), "\n");
  std::vector<std::string> labels(static_cast<std::size_t>(rows));
  for (const double tick : range.y.ticks) {
    labels[static_cast<std::size_t>(rows - 1 - Place(tick, range.y, rows))] = TickText(tick);
  }
  const std::vector<std::string> ends = Ends(curve, range, rows);
  for (int row = 0; row < rows; ++row) {
    const std::string& label = labels[static_cast<std::size_t>(row)];
    const char* edge = style.unicode ? (label.empty() ? "│" : "┤") : "|";
    absl::StrAppend(&out, Fit(label, margin, true, style.unicode), " ", edge,
                    canvas.Row(row, style.colour), ends[static_cast<std::size_t>(row)], "\n");
  }
  std::string foot;
  for (int c = 0; c < columns; ++c) foot += style.unicode ? "─" : "-";
  const std::string pad(margin + 1, ' ');
  absl::StrAppend(&out, pad, style.unicode ? "└" : "+", foot, "\n", pad, " ",
                  XTicks(range.x, columns), "\n", pad, " ", clean(curve.x_title), "\n");
  for (std::size_t s = 0; s < curve.series.size() && curve.series.size() > 1; ++s) {
    const char* mark = style.unicode ? "⠒⠒" : "";
    absl::StrAppend(&out, pad, " ", style.colour ? kColours[s % kStyles] : "", mark,
                    style.unicode ? "" : std::string(1, kMarks[s % kStyles]),
                    style.colour ? "\x1b[0m" : "", " ",
                    s < 26 ? std::string(1, static_cast<char>('A' + s)) : "", " ",
                    clean(curve.series[s].name), "\n");
  }
  return out;
}

}  // namespace essaim
