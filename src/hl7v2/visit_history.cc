#include "hl7v2/visit_history.h"

#include <algorithm>

namespace essaim::hl7v2 {

void VisitHistory::Add(const KnownHistory& history) {
  for (const auto& [from, into] : history.persons) MergePersons(from, into);
  for (const auto& [from, into] : history.visits) JoinVisits(from, into);
  for (const KnownHistory::Move& m : history.moves) MoveVisit(m.visit, m.from, m.into);
}

void VisitHistory::MergePersons(std::int64_t from, std::int64_t into) {
  Link(persons_, from, into);
  merged_.emplace(into, from);
  merged_.emplace(from, into);
}

void VisitHistory::JoinVisits(std::int64_t from, std::int64_t into) { Link(visits_, from, into); }

void VisitHistory::MoveVisit(std::int64_t visit, std::int64_t from, std::int64_t into) {
  moved_.emplace(visit, from);
  const auto [first, last] = moved_.equal_range(visit);
  for (auto at = first; at != last; ++at)
    moved_into_.emplace(into, Former{.person = at->second, .visit = visit});
}

std::int64_t VisitHistory::VisitOf(std::int64_t id) const { return EndOf(visits_, id); }

std::int64_t VisitHistory::PersonOf(std::int64_t id) const { return EndOf(persons_, id); }

bool VisitHistory::SamePerson(std::int64_t a, std::int64_t b) const {
  return PersonOf(a) == PersonOf(b);
}

// Everybody whom the messages ever took for this person, and who still is; the person first.
std::vector<std::int64_t> VisitHistory::NumbersOf(std::int64_t person) const {
  std::vector<std::int64_t> numbers = {person};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [first, last] = merged_.equal_range(numbers[i]);
    for (auto at = first; at != last; ++at) {
      if (SamePerson(at->second, person) && std::ranges::count(numbers, at->second) == 0)
        numbers.push_back(at->second);
    }
  }
  return numbers;
}

std::vector<VisitHistory::Former> VisitHistory::FormerOf(std::int64_t person) const {
  std::vector<Former> former;
  for (const std::int64_t number : NumbersOf(person)) {
    if (number != person) former.push_back({.person = number, .visit = 0});
    const auto [first, last] = moved_into_.equal_range(number);
    for (auto at = first; at != last; ++at) {
      for (const std::int64_t other : NumbersOf(at->second.person))
        former.push_back({.person = other, .visit = at->second.visit});
    }
  }
  return former;
}

}  // namespace essaim::hl7v2
