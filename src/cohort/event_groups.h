// Aggregates over a person's events, gathered so that each domain's table is read once.
//
// A group is the rows of one domain whose concepts are in some sets (or all its rows). Its query
// first aggregates by person and set, each different expression once however many sets ask for it,
// then turns the sets into columns.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cohort/criteria_sql.h"
#include "cohort/variables.h"

namespace essaim::cohort {

class EventGroups {
 public:
  // `index`: the name of a table of person_id and index_date.
  EventGroups(const SqlContext& context, const CriteriaSql& criteria, std::string index)
      : context_(context), criteria_(criteria), index_(std::move(index)) {}

  // The SQL of a column that is NULL where a person has no such event. `aggregate`: an expression
  // in which @in is the condition that the event e lies in the window; e has day (from the index),
  // event_id, concept_id, length (days), site and specialty.
  std::string Column(Domain domain, std::optional<int> set, const DayWindow& window,
                     std::string_view aggregate);
  // The same over measurements' values; `value` is an SQL expression of a row d, @value in the
  // aggregate stands for it.
  std::string ValueColumn(int set, const DayWindow& window, std::string_view value,
                          std::string_view aggregate);

  // " LEFT JOIN (...) g1 ON g1.person_id = i.person_id LEFT JOIN ..."
  std::string Joins() const;

 private:
  struct Group {
    Domain domain = Domain::kConditionOccurrence;
    bool by_set = false;
    std::set<int> sets;
    std::vector<std::string> aggregates;               // of a person and a set
    std::map<std::string, std::size_t> places;         // of them
    std::vector<std::pair<int, std::size_t>> columns;  // set, place
    std::vector<std::map<int, std::string>> values;    // values[k]: by set, what e.vk is
    std::optional<int> from, to;                       // what all windows lie in
    bool open_from = false, open_to = false;
  };

  Group& GroupOf(Domain domain, bool by_set, std::size_t& number);
  std::string Add(Group& group, std::size_t number, int set, const DayWindow& window,
                  std::string aggregate);
  std::string Rows(const Group& group) const;
  std::string Query(const Group& group) const;
  static std::size_t ValueSlot(Group& group, int set, std::string_view value);

  const SqlContext& context_;
  const CriteriaSql& criteria_;
  std::string index_;
  std::vector<Group> groups_;
};

}  // namespace essaim::cohort
