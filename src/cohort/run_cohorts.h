// Runs cohort definitions in a batch on a site's CDM.
//
// Concept sets are expanded once for the batch, and each domain is read once for the sets that ask
// for it. Everything happens in one transaction; temporary tables go before it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/definition.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

// A person at several sites of a study is counted at one of them (count_once.h).
struct CountOnce {
  std::string project;             // of the linkage
  std::vector<std::string> sites;  // of the study
};

// Persons who object to a use of their data: rows (person_id, scope, "from", until) that are in
// force at `as_of` for one of `scopes` or for the scope 'all'. `until` is the last day, NULL: no
// end.
struct OptOut {
  std::string table;
  std::vector<std::string> scopes;
  std::string as_of;  // YYYY-MM-DD
  // Rows (from_id, into_id) of persons who were found to be others: an objection goes with them.
  // Empty: there are none.
  std::string merged = "";
  // Leaves out, in the same way and at the same place, whom another site of the study counts.
  std::optional<CountOnce> count_once = std::nullopt;
};

struct RunOptions {
  // Takes cohort_definition_id, subject_id, cohort_start_date and cohort_end_date.
  std::string target = "cohort";
  // Holds for every definition of the batch: the statements have no form without it. Absent where
  // a site keeps no objections.
  std::optional<OptOut> opt_out;
  int cohorts_at_once = 64;  // whose events are held in memory together
};

struct NumberedDefinition {
  int id = 0;  // the cohort_definition_id
  Definition definition;
};

struct AttritionStep {
  std::string name;
  std::int64_t persons = 0;  // left after the step
};

struct CohortResult {
  int id = 0;
  std::string hash;  // of the definition
  std::int64_t rows = 0, persons = 0;
  std::vector<AttritionStep> attrition;
};

struct RunReport {
  std::vector<CohortResult> cohorts;  // in the order of the definitions
  std::vector<std::string> notices;   // what the vocabulary lacks, as sentences for people
};

// Replaces the rows of these ids in the target. kInvalidArgument: an id twice, a name that is no
// table's, a date that is none. Otherwise the engine's errors, and then nothing has changed.
absl::StatusOr<RunReport> RunCohorts(SqlEngine& engine,
                                     const std::vector<NumberedDefinition>& definitions,
                                     const RunOptions& options);

}  // namespace essaim::cohort
