#include "algorithms/survival/survival_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "math/distributions.h"

namespace essaim::survival {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Limits {
  double lower = kNaN, upper = kNaN;
};

Limits LimitsOf(double survival, double std_error_log, double z, IntervalType type) {
  if (type == IntervalType::kPlain) {
    // S times the error of log S is 0 times infinity once the curve reaches 0: R has NaN there too.
    const double half = survival > 0 ? z * std_error_log * survival : kNaN;
    if (std::isnan(half)) return {};
    return {std::max(survival - half, 0.0), std::min(survival + half, 1.0)};
  }
  if (survival <= 0) return {};
  if (type == IntervalType::kLog) {
    const double half = z * std_error_log;
    return {std::exp(std::log(survival) - half),
            std::min(std::exp(std::log(survival) + half), 1.0)};
  }
  if (survival >= 1) return {};
  const double half = z * std_error_log / std::log(survival);
  const double centre = std::log(-std::log(survival));
  return {std::exp(-std::exp(centre - half)), std::exp(-std::exp(centre + half))};
}

// Where a step function first falls to one half. A step that lies on one half counts to the middle
// of it.
double CrossingOfHalf(const std::vector<double>& y, const std::vector<double>& time) {
  const double tolerance = std::sqrt(std::numeric_limits<double>::epsilon());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (std::isnan(y[i]) || !(y[i] < 0.5 + tolerance)) continue;
    if (std::abs(y[i] - 0.5) >= tolerance) return time[i];
    for (std::size_t j = i + 1; j < y.size(); ++j) {
      if (!std::isnan(y[j]) && y[j] < y[i]) return (time[i] + time[j]) / 2;
    }
    return time[i];
  }
  return kNaN;
}

}  // namespace

double SurvivalCurve::n_events() const {
  double sum = 0;
  for (const double d : events) sum += d;
  return sum;
}

SurvivalCurve MakeSurvivalCurve(const std::vector<double>& times, const std::vector<double>& events,
                                const std::vector<double>& censored, const CurveOptions& options) {
  SurvivalCurve curve;
  double left = 0;
  for (std::size_t i = 0; i < times.size(); ++i) left += events[i] + censored[i];
  const double z = NormalQuantile(0.5 + options.level / 2);
  double survival = 1, greenwood = 0, hazard = 0, hazard_variance = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double d = events[i], c = censored[i];
    if (d + c <= 0) continue;
    survival *= (left - d) / left;
    greenwood += left > d ? d / (left * (left - d)) : std::numeric_limits<double>::infinity();
    hazard += d / left;
    hazard_variance += d / (left * left);
    const double std_error = std::sqrt(greenwood);
    const Limits limits = LimitsOf(survival, std_error, z, options.interval);
    curve.time.push_back(times[i]);
    curve.at_risk.push_back(left);
    curve.events.push_back(d);
    curve.censored.push_back(c);
    curve.survival.push_back(survival);
    curve.std_error_log.push_back(std_error);
    curve.lower.push_back(limits.lower);
    curve.upper.push_back(limits.upper);
    curve.cumulative_hazard.push_back(hazard);
    curve.std_error_hazard.push_back(std::sqrt(hazard_variance));
    left -= d + c;
  }
  return curve;
}

CurveSummary Summarise(const SurvivalCurve& curve, double horizon) {
  CurveSummary summary;
  summary.median = CrossingOfHalf(curve.survival, curve.time);
  summary.median_lower = CrossingOfHalf(curve.lower, curve.time);
  summary.median_upper = CrossingOfHalf(curve.upper, curve.time);

  std::size_t n = 0;
  while (n < curve.time.size() && curve.time[n] <= horizon) ++n;
  // Rectangle i lies between time i - 1 (or 0) and time i (or the horizon).
  double mean = 0, from = 0, height = 1;
  std::vector<double> area(n + 1);
  for (std::size_t i = 0; i <= n; ++i) {
    const double to = i < n ? curve.time[i] : horizon;
    area[i] = (to - from) * height;
    mean += area[i];
    if (i < n) {
      from = to;
      height = curve.survival[i];
    }
  }
  double variance = 0, after = 0;
  for (std::size_t i = n; i-- > 0;) {
    after += area[i + 1];
    const double left = curve.at_risk[i], d = curve.events[i];
    if (left > d) variance += after * after * d / (left * (left - d));
  }
  summary.restricted_mean = mean;
  summary.restricted_mean_std_error = std::sqrt(variance);
  return summary;
}

}  // namespace essaim::survival
