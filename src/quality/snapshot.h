// What is kept of a load's quality, so that the next load can be compared with it: rows and persons
// of the tables, the checks' verdicts, NULL shares, the mix of concepts and their domains.
//
// A report reads rows, persons and NULL shares off its checks and counts only the concepts again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/distribution.h"
#include "quality/metric.h"
#include "quality/run_checks.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct TableSnapshot {
  std::int64_t n_rows = 0;
  std::optional<std::int64_t> n_persons;      // with a row; none if it was not counted
  std::map<std::string, double> null_shares;  // by field, 0 to 1; empty if there is no row
};

// Records by concept id of one table: the most frequent ones, the rest as kOtherCategory.
struct MixSnapshot {
  Counts counts;
  double smallest = 0;  // records of a concept below which it may be among the rest
};

struct KeptFigure {
  std::optional<double> value;  // none: not measured
  QualityLevel level = QualityLevel::kNotMeasured;
};

struct QualitySnapshot {
  std::int64_t load_number = 0;  // of the last load; 0: nothing was loaded through Essaim
  std::int64_t made_at_ms = 0;
  std::string as_of;       // YYYY-MM-DD, of the report
  std::string vocabulary;  // the version that vocabulary 'None' tells; empty if unknown
  std::map<std::string, TableSnapshot> tables;
  std::map<std::string, MixSnapshot> mixes;    // by table
  std::map<std::string, std::string> domains;  // of the concepts in `mixes`, by concept id
  std::map<std::string, bool> passed;          // by check id; checks that do not apply are left out
  std::map<std::string, KeptFigure> figures;   // of the report, by metric id
};

inline constexpr std::size_t kConceptsKept = 500;  // of a table
inline constexpr double kRecordsKept = 5;          // a concept of fewer is among the rest
inline constexpr int kSnapshotsKept = 24;          // the last reports'

absl::StatusOr<QualitySnapshot> SnapshotOf(SqlEngine& engine, const CheckRun& checks,
                                           std::int64_t made_at_ms);

// Without the checks: what takes a pass a table, as after each load.
absl::StatusOr<QualitySnapshot> SnapshotOfTables(SqlEngine& engine, std::int64_t made_at_ms);

absl::Status StoreSnapshot(SqlEngine& engine, const QualitySnapshot& snapshot);
// Oldest first. kDataLoss: one that does not read.
absl::StatusOr<std::vector<QualitySnapshot>> Snapshots(SqlEngine& engine);

// The last one of an earlier load; where nothing was loaded through Essaim (load 0: tables that
// another program fills), the last one. Null: there is none.
const QualitySnapshot* SnapshotBefore(const std::vector<QualitySnapshot>& all,
                                      std::int64_t load_number);

std::string EncodeSnapshot(const QualitySnapshot& snapshot);
absl::StatusOr<QualitySnapshot> DecodeSnapshot(std::string_view text);

}  // namespace essaim
