#include "report/axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"

namespace essaim {

Axis MakeAxis(double low, double high, int n) {
  constexpr double kHuge = 1e300;
  low = std::isfinite(low) ? std::clamp(low, -kHuge, kHuge) : 0;
  high = std::isfinite(high) ? std::clamp(high, -kHuge, kHuge) : 1;
  if (!(low < high) || (high - low) < 1e-12 * std::max(std::fabs(low), std::fabs(high))) {
    const double half = low == 0 ? 0.5 : std::fabs(low) / 2;
    low -= half;
    high += half;
  }
  if (high - low < 1e-290) high = low + 1;
  const double rough = (high - low) / std::max(n, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double unit = rough / power;
  const double step = power * (unit < 1.5 ? 1 : unit < 3.5 ? 2 : unit < 7.5 ? 5 : 10);
  Axis axis = {low, high, {}};
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i < 4 * n + 4; ++i) {
    const double tick = (first + i) * step;
    if (tick > high + 1e-9 * step) break;
    axis.ticks.push_back(std::fabs(tick) < 1e-9 * step ? 0 : tick);
  }
  return axis;
}

std::string TickText(double value) { return absl::StrFormat("%.6g", value); }

PlotRange RangeOf(const Curve& curve, int x_ticks, int y_ticks) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double x_low = kInfinity, x_high = -kInfinity, y_low = kInfinity, y_high = -kInfinity;
  const auto cover = [](const std::vector<double>& values, double& low, double& high) {
    for (const double v : values) {
      if (!std::isfinite(v)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  };
  for (const Series& series : curve.series) {
    cover(series.x, x_low, x_high);
    for (const auto* y : {&series.y, &series.lower, &series.upper}) cover(*y, y_low, y_high);
  }
  if (y_low >= 0 && y_high <= 1 && y_high > 0.3) {
    y_low = 0;
    y_high = 1;
  } else if (y_low > 0 && y_low < 0.4 * y_high) {
    y_low = 0;
  }
  if (x_low > 0 && x_low < 0.4 * x_high) x_low = 0;
  return {MakeAxis(x_low, x_high, x_ticks), MakeAxis(y_low, y_high, y_ticks)};
}

std::vector<std::pair<double, double>> Path(const Series& series, const std::vector<double>& y) {
  std::vector<std::pair<double, double>> path;
  for (std::size_t i = 0; i < std::min(series.x.size(), y.size()); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(y[i])) continue;
    if (series.step && !path.empty()) path.emplace_back(series.x[i], path.back().second);
    path.emplace_back(series.x[i], y[i]);
  }
  return path;
}

}  // namespace essaim
