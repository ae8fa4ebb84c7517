#include "linkage/comparison.h"

#include <algorithm>

#include "linkage/similarity.h"

namespace essaim::linkage {
namespace {

constexpr double kHighName = 0.92, kMediumName = 0.80;

std::int8_t CompareNames(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return kMissing;
  if (a == b) return kExact;
  const double alike = JaroWinkler(a, b);
  return alike >= kHighName ? kHigh : alike >= kMediumName ? kMedium : kNone;
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
  c.levels[0] = CompareNames(a.family, b.family);
  c.levels[1] = CompareNames(a.given, b.given);
  if (c.levels[0] < kHigh && c.levels[1] < kHigh &&
      std::min(CompareNames(a.family, b.given), CompareNames(a.given, b.family)) >= kHigh)
    c.levels[0] = c.levels[1] = kHigh;
  c.levels[2] = CompareBirths(a.birth, b.birth);
  c.levels[3] = a.sex.empty() || b.sex.empty() ? kMissing : a.sex == b.sex ? kExact : kNone;
  c.levels[4] = ComparePostcodes(a.postcode, b.postcode);
  return c;
}

}  // namespace essaim::linkage
