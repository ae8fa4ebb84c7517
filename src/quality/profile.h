// What a site's OMOP tables hold, as counts: for the page's charts, and to be compared with the
// load before.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/distances.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct TableProfile {
  std::string name;  // lower case, a clinical table of the CDM
  std::int64_t n_rows = 0;
  std::optional<std::int64_t> n_persons;      // with a row; none if the table has no person_id
  std::map<std::string, double> null_shares;  // by field, 0 to 1; empty if there is no row
};

struct MonthProfile {
  int year = 0, month = 0;  // month 1 to 12
  std::int64_t n_rows = 0, n_persons = 0;
};

inline constexpr int kAgeBands = 10;  // 0-9, 10-19, ..., 90 and older

struct AgeBand {
  std::int64_t n_male = 0, n_female = 0, n_other = 0;  // persons
};

struct LoadInfo {
  std::int64_t number = 0;  // 0: nothing is loaded
  std::string load_id;
  std::int64_t loaded_at_ms = 0;
};

struct SiteProfile {
  LoadInfo load;                     // the last one
  std::string engine;                // "duckdb", "postgresql"
  std::vector<TableProfile> tables;  // that exist, in the CDM's order
  // Records of the five event tables and visits, up to as_of, in order; months without any are
  // left out.
  std::vector<MonthProfile> months;
  std::array<AgeBand, kAgeBands> ages = {};    // in completed calendar years at as_of
  std::map<std::string, std::int64_t> strata;  // persons by "F 40-59", as ReportOptions::reference
  // Records by concept, of the tables "condition", "drug", "measurement".
  std::map<std::string, Counts> concepts;
};

// The last load. Not an error if there is none.
absl::StatusOr<LoadInfo> LastLoad(SqlEngine& engine);

// Of the clinical tables that exist, in the CDM's order: a pass a table.
absl::StatusOr<std::vector<TableProfile>> TableProfiles(SqlEngine& engine);

// `as_of`: YYYY-MM-DD, checked by RunChecks.
absl::StatusOr<SiteProfile> ProfileOf(SqlEngine& engine, const std::string& as_of);

}  // namespace essaim
