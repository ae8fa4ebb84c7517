#include "cohort/event_groups.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

std::string InWindow(const DayWindow& window) {
  if (window.from.has_value() && window.to.has_value())
    return StrCat("e.day BETWEEN ", *window.from, " AND ", *window.to);
  if (window.from.has_value()) return StrCat("e.day >= ", *window.from);
  if (window.to.has_value()) return StrCat("e.day <= ", *window.to);
  return "TRUE";
}

}  // namespace

EventGroups::Group& EventGroups::GroupOf(Domain domain, bool by_set, std::size_t& number) {
  for (number = 0; number < groups_.size(); ++number) {
    if (groups_[number].domain == domain && groups_[number].by_set == by_set)
      return groups_[number];
  }
  Group& group = groups_.emplace_back();
  group.domain = domain;
  group.by_set = by_set;
  return group;
}

std::string EventGroups::Add(Group& group, std::size_t number, int set, const DayWindow& window,
                             std::string aggregate) {
  group.sets.insert(set);
  if (!window.from.has_value()) group.open_from = true;
  if (!window.to.has_value()) group.open_to = true;
  if (window.from.has_value())
    group.from = std::min(group.from.value_or(*window.from), *window.from);
  if (window.to.has_value()) group.to = std::max(group.to.value_or(*window.to), *window.to);

  aggregate = absl::StrReplaceAll(aggregate, {{"@in", InWindow(window)}});
  const auto [at, added] = group.places.emplace(aggregate, group.aggregates.size());
  if (added) group.aggregates.push_back(std::move(aggregate));
  const std::pair<int, std::size_t> wanted(set, at->second);
  auto column = std::find(group.columns.begin(), group.columns.end(), wanted);
  if (column == group.columns.end()) column = group.columns.insert(column, wanted);
  return StrCat("g", number, ".c", column - group.columns.begin());
}

std::string EventGroups::Column(Domain domain, std::optional<int> set, const DayWindow& window,
                                std::string_view aggregate) {
  std::size_t number = 0;
  Group& group = GroupOf(domain, set.has_value(), number);
  const int set_number = set.has_value() ? context_.sets.at(*set) : 0;
  return Add(group, number, set_number, window, std::string(aggregate));
}

// A column e.vk that is not another value of the same set.
std::size_t EventGroups::ValueSlot(Group& group, int set, std::string_view value) {
  std::size_t k = 0;
  for (; k < group.values.size(); ++k) {
    const auto at = group.values[k].find(set);
    if (at == group.values[k].end() || at->second == value) break;
  }
  if (k == group.values.size()) group.values.emplace_back();
  group.values[k][set] = std::string(value);
  return k;
}

std::string EventGroups::ValueColumn(int set, const DayWindow& window, std::string_view value,
                                     std::string_view aggregate) {
  std::size_t number = 0;
  Group& group = GroupOf(Domain::kMeasurement, true, number);
  const int set_number = context_.sets.at(set);
  const std::size_t slot = ValueSlot(group, set_number, value);
  return Add(group, number, set_number, window,
             absl::StrReplaceAll(Av(aggregate), {{"@value", StrCat("e.v", slot)}}));
}

// The rows e of the group, with what the aggregates read.
std::string EventGroups::Rows(const Group& group) const {
  const DomainInfo& info = InfoOf(group.domain);
  const std::string start = StrCat("d.", Av(info.start));
  const std::string all = absl::StrJoin(group.aggregates, " ");
  const auto reads = [&](std::string_view column) { return absl::StrContains(all, Av(column)); };
  std::string select =
      StrCat("SELECT i.person_id, ", group.by_set ? "s.set_id" : "0 AS set_id", ", ",
             context_.dialect->DaysBetween("i.index_date", start), " AS day");
  std::string joins;
  if (reads("e.event_id")) StrAppend(&select, ", d.", Av(info.id), " AS event_id");
  if (reads("e.concept_id")) StrAppend(&select, ", d.", Av(info.concept_column), " AS concept_id");
  if (reads("e.length")) {
    StrAppend(&select, ", ", context_.dialect->DaysBetween(start, StrCat("d.", Av(info.end))),
              " AS length");
  }
  if (reads("e.site")) select += ", d.care_site_id AS site";
  if (reads("e.specialty")) {
    select += ", NULLIF(pr.specialty_concept_id, 0) AS specialty";
    joins += " LEFT JOIN provider pr ON pr.provider_id = d.provider_id";
  }
  for (std::size_t k = 0; k < group.values.size(); ++k) {
    select += ", CASE s.set_id";
    for (const auto& [set, value] : group.values[k])
      StrAppend(&select, " WHEN ", set, " THEN ", value);
    StrAppend(&select, " END AS v", k);
  }
  std::string where;
  const auto bound = [&](const char* comparison, int days) {
    StrAppend(&where, where.empty() ? " WHERE " : " AND ", start, comparison,
              criteria_.AddDays("i.index_date", days));
  };
  if (!group.open_from && group.from.has_value()) bound(" >= ", *group.from);
  if (!group.open_to && group.to.has_value()) bound(" <= ", *group.to);
  return StrCat(
      select, " FROM ", index_, " i JOIN ", Av(info.table), " d ON d.person_id = i.person_id",
      group.by_set
          ? StrCat(" JOIN ", Av(kConceptTable), " s ON s.concept_id = d.", Av(info.concept_column),
                   " AND s.set_id IN (", absl::StrJoin(group.sets, ","), ")")
          : "",
      joins, where);
}

std::string EventGroups::Query(const Group& group) const {
  std::string inner = "SELECT e.person_id, e.set_id";
  for (std::size_t a = 0; a < group.aggregates.size(); ++a)
    StrAppend(&inner, ", ", group.aggregates[a], " AS a", a);
  StrAppend(&inner, " FROM (", Rows(group), ") e GROUP BY e.person_id, e.set_id");
  std::string outer = "SELECT p.person_id";
  for (std::size_t c = 0; c < group.columns.size(); ++c) {
    const auto& [set, place] = group.columns[c];
    StrAppend(&outer, ", MAX(CASE WHEN p.set_id = ", set, " THEN p.a", place, " END) AS c", c);
  }
  return StrCat(outer, " FROM (", inner, ") p GROUP BY p.person_id");
}

std::string EventGroups::Joins() const {
  std::string joins;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    StrAppend(&joins, " LEFT JOIN (", Query(groups_[g]), ") g", g, " ON g", g,
              ".person_id = i.person_id");
  }
  return joins;
}

}  // namespace essaim::cohort
