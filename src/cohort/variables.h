// Person-level variables about an index date, from a site's CDM: one row a person.
//
// The index date is the start of a person's first row in the cohort. Windows are in days from it,
// both ends included. Absent values are NULL, not 0, where 0 would say something else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/run_cohorts.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

struct DayWindow {
  std::optional<int> from, to;  // absent: no bound
};

// target = value * factor + shift, for values in `unit_concept_id` (0: without a unit).
struct UnitConversion {
  std::int64_t unit_concept_id = 0;
  double factor = 1, shift = 0;
};

struct PersonVariable {
  enum class Kind {
    kAge,          // whole years at the index date; from the year of birth where no day is known
    kSex,          // gender_concept_id
    kAny,          // 1 or 0: an event in the window
    kCount,        // of events in the window
    kFirstDate,    // of the first event in the window
    kLastDate,     // of the last
    kDaysSince,    // from the last event in the window to the index date
    kMeasurement,  // a summary of values in the window
    kCharlson,     // the Charlson index (Romano's adaptation) of conditions in the window
    kOutcome,      // NAME_event (1 or 0) and NAME_days, to the event or the censoring
  };
  enum class Summary { kLast, kFirst, kMean, kMin, kMax };

  std::string name;  // of the column: letters, digits, _
  Kind kind = Kind::kAny;
  Domain domain = Domain::kConditionOccurrence;  // of the events
  std::optional<int> concept_set;  // of VariableRequest; absent: any concept of the domain
  DayWindow window;
  // Of kMeasurement. A value in no listed unit, or outside the range after conversion, is left out.
  Summary summary = Summary::kLast;
  std::vector<UnitConversion> units;  // empty: every unit, as it is
  std::optional<double> low, high;    // plausible, in the target unit, both included
  // Of kOutcome: events from the window's start on (the index date by default) count; a person is
  // censored at the end of the observation period, at death, and at `horizon_days`.
  std::optional<int> horizon_days;
};

struct VariableRequest {
  int cohort_id = 0;
  std::string cohort_table = "cohort";
  std::vector<ConceptSet> concept_sets;
  std::vector<PersonVariable> variables;
  std::optional<OptOut> opt_out;  // as of RunOptions
};

struct PreparedVariables {
  std::string sql;  // one SELECT: person_id, index_date, then the columns; by person_id
  std::vector<std::string> columns;
  std::vector<std::string> notices;  // what the vocabulary lacks
};

// Makes the temporary tables that the statement reads: concepts and opt-outs.
// kInvalidArgument: "NAME: what is wrong".
absl::StatusOr<PreparedVariables> PrepareVariables(SqlEngine& engine,
                                                   const VariableRequest& request);
absl::Status DropVariableTables(SqlEngine& engine);

}  // namespace essaim::cohort
