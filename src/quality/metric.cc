#include "quality/metric.h"

#include <cmath>
#include <limits>

namespace essaim {

std::string_view NameOf(Characteristic characteristic) {
  constexpr std::string_view kNames[] = {"volume",
                                         "consistency",
                                         "temporality",
                                         "heterogeneity",
                                         "representativeness",
                                         "confidentiality and security",
                                         "bias and discrimination"};
  return kNames[static_cast<int>(characteristic)];
}

std::string_view NameOf(QualityLevel label) {
  constexpr std::string_view kNames[] = {"passed", "to watch", "failed", "not measured"};
  return kNames[static_cast<int>(label)];
}

Interval WilsonInterval(double k, double n) {
  constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const double p = k / n, z2 = kZ * kZ;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {std::fmax(0.0, middle - half), std::fmin(1.0, middle + half)};
}

QualityLevel LevelOf(const std::optional<double>& value,
                     const std::optional<Threshold>& threshold) {
  if (!value.has_value()) return QualityLevel::kNotMeasured;
  if (!threshold.has_value()) return QualityLevel::kPassed;
  const auto beyond = [&](double bound) {  // never, of a bound that is NaN
    return threshold->at_least ? *value < bound : *value > bound;
  };
  if (beyond(threshold->fail)) return QualityLevel::kFailed;
  return beyond(threshold->watch) ? QualityLevel::kToWatch : QualityLevel::kPassed;
}

QualityLevel Worse(QualityLevel a, QualityLevel b) {
  if (a == QualityLevel::kNotMeasured) return b;
  if (b == QualityLevel::kNotMeasured) return a;
  return a > b ? a : b;
}

Threshold BoundsOf(std::string_view id, const QualityBound& bound) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const QualityMetricId* const metric = FindQualityMetric(id);
  return {.at_least = metric != nullptr && metric->more_is_better,
          .watch = bound.watch.value_or(kNone),
          .fail = bound.fail.value_or(kNone),
          .source = ""};
}

}  // namespace essaim
