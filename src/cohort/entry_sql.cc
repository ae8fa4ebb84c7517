#include "cohort/entry_sql.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "cohort/criteria_sql.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

// The events of one domain for the (cohort_id, place, set_id) of `wanted`.
std::string Branch(const ScanKey& key, bool first, const std::string& table,
                   const std::string& wanted, const SqlDialect& dialect) {
  const DomainInfo& info = InfoOf(key.domain);
  const EventSpan span = SpanOf(info, dialect);
  const std::string visit = info.has_visit ? "d.visit_occurrence_id" : "CAST(NULL AS BIGINT)";
  std::string rows =
      StrCat("SELECT m.cohort_id, d.person_id, d.", Av(info.id), " AS event_id, ", span.start,
             " AS start_date, ", span.end, " AS end_date, ", visit, " AS visit_occurrence_id");
  if (first) {
    StrAppend(&rows,
              ", row_number() OVER (PARTITION BY m.cohort_id, m.place, d.person_id ORDER BY ",
              span.start, ", d.", Av(info.id), ") AS ordinal");
  }
  StrAppend(&rows, " FROM (VALUES ", wanted, ") m(cohort_id, place, set_id) JOIN ", table,
            " d ON d.set_id = m.set_id");
  if (!first) return rows;
  return StrCat(
      "SELECT cohort_id, person_id, event_id, start_date, end_date, visit_occurrence_id FROM (",
      rows, ") F WHERE F.ordinal = 1");
}

std::string Events(std::span<const CohortEntry> cohorts, const SqlDialect& dialect,
                   const std::map<ScanKey, std::string>& scans) {
  std::map<std::pair<ScanKey, bool>, std::vector<std::string>> wanted;
  for (const CohortEntry& cohort : cohorts) {
    for (std::size_t place = 0; place < cohort.criteria.size(); ++place) {
      const EntryCriterion& criterion = cohort.criteria[place];
      wanted[{criterion.scan, criterion.first}].push_back(
          StrCat("(", cohort.cohort_id, ",", place, ",", criterion.set, ")"));
    }
  }
  std::vector<std::string> branches;
  for (const auto& [key, values] : wanted) {
    branches.push_back(
        Branch(key.first, key.second, scans.at(key.first), absl::StrJoin(values, ","), dialect));
  }
  return absl::StrJoin(branches, "\nUNION ALL\n");
}

}  // namespace

std::string ObservedEvents(std::string_view events, std::string_view earliest,
                           std::string_view latest) {
  return StrCat(" FROM ", Av(events),
                " JOIN observation_period OP ON E.person_id = OP.person_id AND E.start_date >= "
                "OP.observation_period_start_date AND E.start_date <= "
                "OP.observation_period_end_date LEFT JOIN ",
                Av(kOptOutTable), " o ON o.person_id = E.person_id WHERE ", Av(earliest),
                " <= E.start_date AND ", Av(latest),
                " <= OP.observation_period_end_date AND o.person_id IS NULL");
}

bool IsShareable(const Criterion& criterion) {
  return criterion.concept_set.has_value() != criterion.source_concept_set.has_value() &&
         criterion.filters.empty() && !criterion.adjustment.has_value() &&
         criterion.correlated.empty() && criterion.period_start.empty() &&
         criterion.period_end.empty();
}

std::string EntriesSql(std::span<const CohortEntry> cohorts, const SqlDialect& dialect,
                       const std::map<ScanKey, std::string>& scans) {
  std::vector<std::string> limits;
  for (const CohortEntry& cohort : cohorts) {
    limits.push_back(StrCat("(", cohort.cohort_id, ",", cohort.days_before, ",", cohort.days_after,
                            ",", cohort.limit == Limit::kLast ? -1 : 1, ",",
                            cohort.limit == Limit::kAll ? 1 : 0, ")"));
  }
  return StrCat(
      "SELECT P.cohort_id, P.ordinal AS event_id, P.person_id, P.start_date, P.end_date, "
      "P.op_start_date, P.op_end_date, P.visit_occurrence_id FROM (SELECT E.cohort_id, "
      "E.person_id, "
      "E.start_date, E.end_date, row_number() OVER (PARTITION BY E.cohort_id, E.person_id ORDER BY "
      "l.direction * ",
      dialect.DaysBetween("DATE '2000-01-01'", "E.start_date"), Av(kEntryOrder),
      ", E.visit_occurrence_id, l.keep_all",
      ObservedEvents(
          StrCat("(", Events(cohorts, dialect, scans), ") E JOIN (VALUES ",
                 absl::StrJoin(limits, ","),
                 ") l(cohort_id, days_before, days_after, direction, keep_all) ON l.cohort_id = "
                 "E.cohort_id"),
          dialect.AddDays("OP.observation_period_start_date", "l.days_before"),
          dialect.AddDays("E.start_date", "l.days_after")),
      ") P WHERE P.keep_all = 1 OR P.ordinal = 1");
}

}  // namespace essaim::cohort
