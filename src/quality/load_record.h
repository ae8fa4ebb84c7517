// What is kept of each load as it ends, so that every load is compared with the one before whether
// or not a report was made between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/figure.h"
#include "quality/snapshot.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// After a load, outside its transaction: keeps its counts and compares them with those of the load
// before. Gives what is to be watched or fails by the published thresholds, in words.
absl::StatusOr<std::vector<std::string>> RecordLoad(SqlEngine& engine, std::int64_t now_ms);

// After an undo: the records of loads that are no more.
absl::Status ForgetUndoneLoads(SqlEngine& engine);

// What a report of this load is compared with: the load before, with the verdicts of the last
// report's checks. nullopt: nothing is kept of an earlier load. `reports`: all kept, oldest first.
absl::StatusOr<std::optional<QualitySnapshot>> LoadBefore(
    SqlEngine& engine, const std::vector<QualitySnapshot>& reports, std::int64_t load_number);

// `figures`, each with the worst value of the loads that came after the last report of an earlier
// load and before this one, which the detail then names.
absl::StatusOr<std::vector<Figure>> WorstSinceReport(SqlEngine& engine,
                                                     const std::vector<QualitySnapshot>& reports,
                                                     std::int64_t load_number,
                                                     std::vector<Figure> figures);

}  // namespace essaim
