// The report on the seven characteristics of a site's data: 51 figures on its OMOP tables.
//
// Published thresholds are the Dashboard's (DQD), Achilles Heel's, PCORnet's or the literature's,
// as each says; where there is none the figure is reported without one. A study may set its own.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/groups.h"
#include "quality/load_comparison.h"
#include "quality/metric.h"
#include "quality/reference.h"
#include "quality/run_checks.h"
#include "quality/thresholds.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct ReportOptions {
  std::string as_of;               // YYYY-MM-DD
  std::vector<Stratum> reference;  // of the population that the site should stand for; empty: none
  GroupRule groups;                // between whom bias is looked for
  std::map<std::string, OwnThreshold> thresholds;  // instead of the published ones, by metric id
  std::optional<LoadComparison> between_loads;  // with the load before; none: nothing is kept of it
  std::vector<Figure> between_figures;  // C7 to C13 (load_record.h); empty: those of between_loads
};

struct QualityReport {
  std::string as_of;
  std::vector<Metric> metrics;  // in the order of MetricList()
  std::optional<LoadComparison> between_loads;
  std::optional<Representation> representation;  // none: no reference
  Bias bias;
  QualityLevel labels[kCharacteristics] =
      {};  // the worst of its figures, kNotMeasured if there is none
};

std::span<const MetricInfo> MetricList();
// `checks`: a run of the Dashboard's checks on the same tables, of which some figures are read.
absl::StatusOr<QualityReport> Characteristics(SqlEngine& engine, const CheckRun& checks,
                                              const ReportOptions& options);

}  // namespace essaim
