// Round numbers for an axis: shared by the terminal and the page.
#pragma once

#include <string>
#include <vector>

#include "algo/result.h"

namespace essaim {

struct Axis {
  double low = 0, high = 1;   // low < high, both finite
  std::vector<double> ticks;  // within [low, high], ascending
};

// 1, 2 or 5 times a power of ten apart, about `n` of them; a range without width is widened.
Axis MakeAxis(double low, double high, int n);
std::string TickText(double value);

struct PlotRange {
  Axis x, y;
};

// Covers every finite point and limit of the curve; y covers [0, 1] when all of it lies there.
PlotRange RangeOf(const Curve& curve, int x_ticks, int y_ticks);

// The points a series passes through, with the corners of a step function; only finite ones.
std::vector<std::pair<double, double>> Path(const Series& series, const std::vector<double>& y);

}  // namespace essaim
