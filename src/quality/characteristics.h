// The report on the seven characteristics of a site's data: 39 figures on its OMOP tables.
//
// Published thresholds are the Dashboard's (DQD), Achilles Heel's, PCORnet's or the literature's,
// as each says; where there is none the figure is reported without one. A study may set its own.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/metric.h"
#include "quality/run_checks.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct ReportOptions {
  std::string as_of;  // YYYY-MM-DD
  // Of the population that the site should stand for: share by sex and age, "F 40-59" -> 0.13;
  // empty if the site gives none.
  std::map<std::string, double> reference;
  std::map<std::string, Threshold> thresholds;  // instead of the published ones, by the metric's id
};

struct QualityReport {
  std::string as_of;
  std::vector<Metric> metrics;  // in the order of MetricList()
  QualityLevel labels[kCharacteristics] =
      {};  // the worst of its figures, kNotMeasured if there is none
};

std::span<const MetricInfo> MetricList();
// `checks`: a run of the Dashboard's checks on the same tables, of which some figures are read.
absl::StatusOr<QualityReport> Characteristics(SqlEngine& engine, const CheckRun& checks,
                                              const ReportOptions& options);
std::string ReportJson(const QualityReport& report);

}  // namespace essaim
