#include "linkage/comparison.h"

#include <algorithm>

#include "linkage/similarity.h"

namespace essaim::linkage {
namespace {

constexpr double kHighName = 0.92, kMediumName = 0.80;

// A name as a whole, and its words where there are several (person_fields.h).
struct Name {
  const std::string& whole;
  const std::string& parts;

  const std::string& words() const { return parts.empty() ? whole : parts; }
};

// Whether each word of the one is among the other's. Both sorted.
bool IsPartOf(const std::string& few, const std::string& many) {
  std::size_t at = 0;
  for (std::size_t begin = 0; begin < few.size();) {
    const std::size_t end = std::min(few.find(' ', begin), few.size());
    bool found = false;
    while (!found && at < many.size()) {
      const std::size_t stop = std::min(many.find(' ', at), many.size());
      found = few.compare(begin, end - begin, many, at, stop - at) == 0;
      at = stop + 1;
    }
    if (!found) return false;
    begin = end + 1;
  }
  return true;
}

std::int8_t CompareNames(const Name& a, const Name& b) {
  if (a.whole.empty() || b.whole.empty()) return kMissing;
  if (a.whole == b.whole) return kExact;
  const double alike = JaroWinkler(a.whole, b.whole);
  if (alike >= kHighName) return kHigh;
  if ((!a.parts.empty() || !b.parts.empty()) &&
      (IsPartOf(a.words(), b.words()) || IsPartOf(b.words(), a.words())))
    return kHigh;
  return alike >= kMediumName ? kMedium : kNone;
}

std::int8_t CompareBirths(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return kMissing;
  if (a == b) return a.substr(4) == "0000" ? kMedium : kExact;  // a year alone is not a date
  const bool year = a.substr(0, 4) == b.substr(0, 4), month = a.substr(4, 2) == b.substr(4, 2),
             day = a.substr(6, 2) == b.substr(6, 2);
  const bool exchanged = year && a.substr(4, 2) == b.substr(6, 2) && a.substr(6) == b.substr(4, 2);
  const int distance = EditDistance(a, b, 2);
  if (year + month + day == 2 || exchanged || distance == 1) return kHigh;
  return year || distance == 2 ? kMedium : kNone;
}

std::int8_t ComparePostcodes(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return kMissing;
  if (a == b) return kExact;
  if (EditDistance(a, b, 1) == 1) return kHigh;
  return a.size() == b.size() && a.substr(0, 2) == b.substr(0, 2) ? kMedium : kNone;
}

}  // namespace

std::string_view LevelName(std::int8_t level) {
  static constexpr std::array<std::string_view, kLevels> kNames = {"none", "medium", "high",
                                                                   "exact"};
  return level < 0 ? "-" : kNames[static_cast<std::size_t>(level)];
}

Comparison Compare(const PersonFields& a, const PersonFields& b) {
  Comparison c;
  const Name family_a{a.family, a.family_parts}, family_b{b.family, b.family_parts};
  const Name given_a{a.given, a.given_parts}, given_b{b.given, b.given_parts};
  c.levels[0] = CompareNames(family_a, family_b);
  c.levels[1] = CompareNames(given_a, given_b);
  if (c.levels[1] != kMissing && c.levels[1] < kHigh && !a.given_all.empty() &&
      a.given_all == b.given_all)
    c.levels[1] = kHigh;
  if (c.levels[0] < kHigh && c.levels[1] < kHigh &&
      std::min(CompareNames(family_a, given_b), CompareNames(given_a, family_b)) >= kHigh)
    c.levels[0] = c.levels[1] = kHigh;
  c.levels[2] = CompareBirths(a.birth, b.birth);
  c.levels[3] = a.sex.empty() || b.sex.empty() ? kMissing : a.sex == b.sex ? kExact : kNone;
  c.levels[4] = ComparePostcodes(a.postcode, b.postcode);
  return c;
}

}  // namespace essaim::linkage
