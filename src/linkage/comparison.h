// How two persons agree, field by field, in levels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "linkage/person_fields.h"

namespace essaim::linkage {

enum class Field : std::uint8_t { kFamily, kGiven, kBirth, kSex, kPostcode };
inline constexpr std::size_t kFields = 5;
inline constexpr std::array<std::string_view, kFields> kFieldNames = {"family", "given", "birth",
                                                                      "sex", "postcode"};

// One of the two does not say.
inline constexpr std::int8_t kMissing = -1;
// No agreement, some, much, equal.
inline constexpr std::int8_t kNone = 0, kMedium = 1, kHigh = 2, kExact = 3;
inline constexpr std::size_t kLevels = 4;
std::string_view LevelName(std::int8_t level);  // "none", "medium", "high", "exact", "-"

struct Comparison {
  std::array<std::int8_t, kFields> levels{};

  std::int8_t operator[](Field field) const { return levels[static_cast<std::size_t>(field)]; }

  friend bool operator==(const Comparison&, const Comparison&) = default;
  friend auto operator<=>(const Comparison&, const Comparison&) = default;
};

// In clear text.
//
// Names:    equal; Jaro-Winkler at least 0.92, all words of one among the other's (MARTIN and
//           MARTIN-DURAND, JEAN and JEAN-PIERRE), or the same given names in another order; at
//           least 0.80. Family and given name exchanged: much.
// Birth:    equal; two of year, month, day equal, or day and month exchanged, or one digit
// off; the
//           year alone, or two digits off.
// Sex:      equal or not.
// Postcode: equal; one character off or two exchanged; the first two equal (a French department).
Comparison Compare(const PersonFields& a, const PersonFields& b);

}  // namespace essaim::linkage
