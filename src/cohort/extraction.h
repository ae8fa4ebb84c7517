// From a study to the person table that its algorithms see, on a site's CDM.
//
// A study names its cohort and where each variable of its schema comes from, in YAML:
//
//   cohort: {cohort: ..., concepts: ..., entry: ...}     # docs/cohorts.md; or circe: its JSON text
//   variables:
//     - {name: age, type: integer, unit: a, range: [18, 110], from: age}
//     - {name: female, type: boolean, from: {sex: 8532}}
//     - {name: diabetes, type: boolean, from: {condition: diabetes, within: [start, 0]}}
//     - {name: sbp, type: number, unit: "mm[Hg]", range: [50, 260],
//        from: {measurement: pressure, take: last, within: [-365, 0], units: {8876: 1}}}
//     - {name: died, type: boolean, from: {outcome: {death: any}, take: event, horizon: 1825}}
//
// docs/cohorts.md is the reference. A value outside its variable's range is missing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/definition.h"
#include "cohort/run_cohorts.h"
#include "cohort/variables.h"
#include "warehouse/sql_engine.h"
#include "warehouse/warehouse.h"

namespace essaim::cohort {

struct ExtractedColumn {
  std::string column;                     // of the statement of PrepareVariables
  std::map<std::int64_t, double> levels;  // of concepts to values; empty: the number itself
  std::optional<double> filler;           // in the place of a missing value
  bool exclude_missing = false;           // persons without a value are no part of the table
  bool is_site = false;                   // no column: the site's place in the study
};

struct Extraction {
  Definition cohort;
  std::vector<PersonVariable> variables;
  std::vector<ExtractedColumn> columns;  // one a variable of the schema
  // The table has everybody with an entry event, not the cohort alone, and a variable that tells
  // the last step (attrition.h) that the person came to. The index of those who are not in the
  // cohort is their first entry event.
  bool with_steps = false;
};

// kInvalidArgument: one line a fault, "line:column: key: what is wrong and what was expected".
absl::StatusOr<Extraction> ParseExtraction(std::string_view yaml, const Schema& schema);

// Whose rows a study may not have: of this study ("project:NAME") and, where it fits a model, of
// the training of AI ("ai").
std::vector<std::string> ScopesOf(const Study& study);

// The analysis's persons, ordered by person_id. `as_of` (YYYY-MM-DD): the day whose objections
// hold. Objections are read from essaim_opt_out, always.
// kFailedPrecondition: the study counts persons once and a site of it is not linked with this one.
// The snapshot's id covers the rows themselves: it is another if one value is.
absl::StatusOr<FrozenCohort> FreezeExtraction(SqlEngine& engine, const Study& study,
                                              const Analysis& analysis, std::size_t site,
                                              const std::string& as_of);

}  // namespace essaim::cohort
