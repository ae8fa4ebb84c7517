// One figure of the report on seven characteristics, with its uncertainty and its threshold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "study/site_quality.h"

namespace essaim {

enum class Characteristic {
  kVolume,
  kConsistency,
  kTemporality,
  kHeterogeneity,
  kRepresentativeness,
  kConfidentiality,
  kBias,
};
inline constexpr int kCharacteristics = 7;

std::string_view NameOf(Characteristic characteristic);  // "volume", "consistency", ...

enum class QualityLevel { kPassed, kToWatch, kFailed, kNotMeasured };
std::string_view NameOf(QualityLevel label);  // "passed", "to watch", "failed", "not measured"

// A bound beyond which a figure is to be watched, and one beyond which it has failed. NaN: none.
struct Threshold {
  bool at_least = false;  // the figure should be at least this; else at most
  double watch, fail;
  std::string_view source;  // the published work, or "convention"
};

struct MetricInfo {
  std::string_view id;  // "V1"
  Characteristic characteristic;
  std::string_view title;
  bool is_proportion;         // of n, 0 to 1
  std::string_view weiskopf;  // of the nine of Weiskopf 2017 (eGEMs 5(1):14), or empty
  std::string_view kahn;      // the category of Kahn 2016 (eGEMs 4(1):1244), or empty
  std::optional<Threshold> threshold;
};

struct Interval {
  double low = 0, high = 0;
};

// Wilson's score interval of k of n at 95 % (Wilson 1927, JASA 22:209). n > 0, 0 <= k <= n.
Interval WilsonInterval(double k, double n);

struct Metric {
  const MetricInfo* info = nullptr;
  std::optional<double> value;
  std::int64_t n = 0;                  // what the figure rests on: persons, rows, months
  std::optional<Interval> interval;    // of a proportion
  std::string missing;                 // why there is no value
  std::optional<Threshold> threshold;  // the one that made the label
  std::string source;                  // of the threshold
  std::string detail;                  // what the value is of: a table, a group, a concept
  QualityLevel label = QualityLevel::kNotMeasured;
};

// By the threshold; a figure without one has passed, one without a value is not measured.
QualityLevel LevelOf(const std::optional<double>& value, const std::optional<Threshold>& threshold);

// The worse of two; what is not measured gives way.
QualityLevel Worse(QualityLevel a, QualityLevel b);

// A bound of somebody's own as a threshold; the metric is one of QualityMetricIds().
Threshold BoundsOf(std::string_view id, const QualityBound& bound);

}  // namespace essaim
