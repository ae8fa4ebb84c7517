// The table of persons who object, which every statement about persons reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cohort/run_cohorts.h"

namespace essaim::cohort {

// CREATE TABLE kOptOutTable; empty where a site keeps no objections.
std::string CreateOptOutTable(const std::optional<OptOut>& opt_out);

absl::Status CheckOptOut(const std::optional<OptOut>& opt_out);

// A plain name, with its schema in front or not: what may stand in SQL as it is.
bool IsTableName(std::string_view name);

}  // namespace essaim::cohort
