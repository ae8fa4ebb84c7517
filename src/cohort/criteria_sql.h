// Criteria and groups as SQL, for one statement: common table expressions and what uses them.
//
// A criterion's query has the columns person_id, event_id, start_date, end_date,
// visit_occurrence_id, sort_date and, where one is counted, counted. An event table has person_id,
// event_id, start_date, end_date, visit_occurrence_id, op_start_date and op_end_date.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cohort/cohort_sql.h"

namespace essaim::cohort {

// When a row d of the domain's table begins and ends, as SQL.
struct EventSpan {
  std::string start, end;
};

EventSpan SpanOf(const DomainInfo& info, const SqlDialect& dialect);

class CriteriaSql {
 public:
  explicit CriteriaSql(const SqlContext& context) : context_(context) {}

  std::string Criterion(const cohort::Criterion& criterion, std::string_view count_column = {});
  // index_id, person_id, event_id: the events of `events` that the group holds for.
  std::string Group(const cohort::Group& group, std::string_view events, int index);

  // The name of a table expression with this query; the same query gets the same name.
  std::string Define(const std::string& query);
  std::string With() const;  // "WITH a AS MATERIALIZED (...), b AS ... ", or nothing

  std::string AddDays(std::string_view date, int days) const;

 private:
  std::string Rows(const cohort::Criterion& criterion, const DomainInfo& info) const;
  std::string Plain(const cohort::Criterion& criterion, std::string_view count_column) const;
  std::string Condition(const Filter& filter) const;
  std::string Correlated(const CorrelatedCriterion& correlated, std::string_view events, int index);
  std::string Windows(const CorrelatedCriterion& correlated) const;
  std::string Demographics(const Demographic& demographic, std::string_view events,
                           int index) const;
  std::string InSet(std::string_view expression, int set, bool excluded) const;

  int SetId(int id) const { return context_.sets.at(id); }

  const SqlContext& context_;
  std::vector<std::pair<std::string, std::string>> defined_;  // name, query
  std::map<std::string, std::string> names_;                  // query, name
};

}  // namespace essaim::cohort
