// Runs the data quality checks on a warehouse's OMOP tables.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/check_list.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct CheckOptions {
  // YYYY-MM-DD: what the checks take for today, so that a report can be made again.
  std::string as_of;
  // Instead of the Dashboard's, in per cent: by check id or kind (thresholds.h).
  std::map<std::string, double, std::less<>> thresholds = {};
  bool with_vocabulary = false;  // also the checks that the Dashboard leaves out by default
  std::function<bool(std::size_t done, std::size_t all)> progress = nullptr;  // false cancels
};

struct CheckResult {
  const Check* check = nullptr;
  std::int64_t violated = 0, denominator = 0;  // rows
  bool failed = false, not_applicable = false, error = false;
  std::string why;                  // if not applicable or in error
  double threshold = kNoThreshold;  // that decided: the check's, or the site's own

  bool passed() const { return !failed && !not_applicable && !error; }

  double share() const {  // of violating rows, 0 to 1
    return denominator == 0 ? 0 : static_cast<double>(violated) / static_cast<double>(denominator);
  }
};

struct CheckRun {
  std::string as_of;
  std::size_t n_statements = 0;  // that the database was asked
  std::vector<CheckResult> results;
};

// kInvalidArgument: as_of is no day. kCancelled.
absl::StatusOr<CheckRun> RunChecks(SqlEngine& engine, const CheckOptions& options);

}  // namespace essaim
