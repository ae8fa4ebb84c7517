// Entry events: what those of one cohort and of many have alike, and many in one statement: on
// tables of up to a million rows planning one for each costs more than running it.
//
// Only criteria that are a concept set's rows of a domain and nothing more can be asked for so.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cohort/cohort_sql.h"

namespace essaim::cohort {

// The end of a row_number() over a person's events E in the observation periods OP, after the date
// to sort by, and the period's two columns. Beyond that date and the event's id Circe leaves the
// order open: here it is fixed.
inline constexpr std::string_view kEntryOrder =
    ", E.event_id, E.start_date, E.end_date, OP.observation_period_start_date, "
    "OP.observation_period_end_date, COALESCE(E.visit_occurrence_id, 0)) AS ordinal, "
    "OP.observation_period_start_date AS op_start_date, OP.observation_period_end_date AS "
    "op_end_date";

// FROM and WHERE of `events`, which names them E: each in its observation period OP, which holds
// `earliest` and `latest` too, of persons who did not opt out.
std::string ObservedEvents(std::string_view events, std::string_view earliest,
                           std::string_view latest);

// Rows (cohort_id, event_id, person_id, start_date, end_date, op_start_date, op_end_date,
// visit_occurrence_id); event_id is the event's place among the person's.
inline constexpr std::string_view kEntryTable = "essaim_cohort_entries";

struct EntryCriterion {
  ScanKey scan;  // one of the context's
  int set = 0;   // of kConceptTable
  bool first = false;
};

struct CohortEntry {
  int cohort_id = 0;
  int days_before = 0, days_after = 0;
  Limit limit = Limit::kAll;
  std::vector<EntryCriterion> criteria;
};

bool IsShareable(const Criterion& criterion);

// The SELECT that kEntryTable's rows come from.
std::string EntriesSql(std::span<const CohortEntry> cohorts, const SqlDialect& dialect,
                       const std::map<ScanKey, std::string>& scans);

}  // namespace essaim::cohort
