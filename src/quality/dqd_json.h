// A run's results in the JSON format of the Data Quality Dashboard, which its viewer opens.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "quality/run_checks.h"

namespace essaim {

// `engine` gives the rows of cdm_source for the metadata; an empty table is no error.
absl::StatusOr<std::string> DqdJson(SqlEngine& engine, const CheckRun& run);

// Passed, failed, not applicable and in error, in all and by category.
struct CheckTotals {
  std::size_t passed = 0, failed = 0, not_applicable = 0, errors = 0;
};

CheckTotals TotalsOf(const CheckRun& run, std::string_view category);  // empty: of all

}  // namespace essaim
