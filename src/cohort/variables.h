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

// Every unit that UCUM can convert to `to`: by the code of the unit's concept, else by the unit as
// the source wrote it.
struct UcumTarget {
  std::string to;                    // UCUM
  std::optional<double> molar_mass;  // g/mol of what is measured
};

struct PersonVariable {
  enum class Kind {
    kAge,           // whole years at the index date; from the year of birth where no day is known
    kSex,           // gender_concept_id
    kAny,           // 1 or 0: an event in the window
    kCount,         // of events in the window
    kDistinct,      // of different concepts in the window
    kDays,          // of different days with an event in the window
    kFirstDate,     // of the first event in the window
    kLastDate,      // of the last
    kFirstDay,      // days from the index date to the first event in the window
    kLastDay,       // to the last
    kDaysSince,     // from the last event in the window to the index date
    kStay,          // the sum of the days from the start to the end of the events in the window
    kSites,         // of different care sites of the events in the window
    kSpecialties,   // of different specialties of their providers
    kReadmissions,  // events in the window that start 1 to `gap_days` after the end of all before
    kOrder,         // 1: the first event of the window comes before the first `then`; 0: not so
    kBetween,       // days from the first event of the window to the first `then`
    kMeasurement,   // a summary of values in the window
    kCharlson,      // the Charlson index, or a group of it, of conditions in the window
    kElixhauser,    // the same of Elixhauser
    kStep,          // how many of the cohorts 1 to `n_steps` the person is in, less one
    kOutcome,       // NAME_event (1 or 0), NAME_days (to the event or the censoring), NAME_status
  };
  enum class Summary { kLast, kFirst, kMean, kMedian, kMin, kMax };
  // What tells a comorbidity: codes of ICD-10 in the source values and source concepts; or the
  // standard concepts, by ancestors (Charlson) or by the vocabulary's maps of ICD-10 (Elixhauser).
  enum class Codes { kIcd10, kStandard };

  std::string name;  // of the column: letters, digits, _
  Kind kind = Kind::kAny;
  Domain domain = Domain::kConditionOccurrence;  // of the events
  std::optional<int> concept_set;  // of VariableRequest; absent: any concept of the domain
  DayWindow window;
  // Of kOrder and kBetween.
  Domain then_domain = Domain::kConditionOccurrence;
  std::optional<int> then_concept_set;
  int gap_days = 30;  // of kReadmissions
  // Of kMeasurement. A value in no listed unit, or outside the range after conversion, is left out.
  Summary summary = Summary::kLast;
  std::vector<UnitConversion> units;  // empty, and no `ucum`: every unit, as it is
  std::optional<UcumTarget> ucum;
  std::optional<double> low, high;  // plausible, in the target unit, both included
  // Of kCharlson and kElixhauser.
  Codes codes = Codes::kStandard;
  bool other_weights = false;  // the scheme's second weights, see comorbidity.h
  int group = -1;              // 1 or 0 for this group alone, not the score; -1: the score
  int n_steps = 0;             // of kStep: see attrition.h
  // Of kOutcome: events from the window's start on (the index date by default) count; a person is
  // censored at the end of the observation period, at death, and at `horizon_days`. The status is 0
  // (censored), 1 (the event) or 2 (death before it, within the follow-up).
  std::optional<int> horizon_days;
};

struct VariableRequest {
  int cohort_id = 0;
  std::string cohort_table = "cohort";
  std::vector<ConceptSet> concept_sets;
  std::vector<PersonVariable> variables;
  std::optional<OptOut> opt_out;  // as of RunOptions
  bool with_dates = true;         // person_id is followed by index_date
};

struct PreparedVariables {
  std::string sql;  // one SELECT: person_id, maybe index_date, then the columns; by person_id
  std::vector<std::string> columns;
  std::vector<std::string> notices;  // what the vocabulary lacks, units that nothing converts
};

// Makes the temporary tables that the statement reads: concepts, comorbidities and opt-outs. The
// statement reads each domain's table once, for all variables of it.
// kInvalidArgument: "NAME: what is wrong".
absl::StatusOr<PreparedVariables> PrepareVariables(SqlEngine& engine,
                                                   const VariableRequest& request);
absl::Status DropVariableTables(SqlEngine& engine);

}  // namespace essaim::cohort
