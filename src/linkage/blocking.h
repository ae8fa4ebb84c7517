// Which pairs are compared at all: those that share a key in one of several passes.
//
// Ten thousand persons against ten thousand are a hundred million pairs, of which a few thousand
// are matches. A pass gives each record keys; records with one key are a block. What one pass
// misses for a typing error, another finds.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/comparison.h"
#include "linkage/person_fields.h"

namespace essaim::linkage {

struct Pass {
  std::string_view name;
  // Fields that agree in the pass's pairs because the keys are made of them: nothing is learned
  // from the pass about how often they do.
  std::array<bool, kFields> made_of;
};

// The passes over clear text and over encodings are of the same kinds.
inline constexpr std::array<Pass, 5> kPasses = {{
    {"birth date", {false, false, true, false, false}},
    {"names", {true, true, false, false, false}},
    {"family name and birth", {true, false, true, false, false}},
    {"given name and birth", {false, true, true, false, false}},
    {"given name and postcode", {false, true, false, true, true}},
}};

// In clear text: the date; both names' Soundex in either order; a name's Soundex and the year (with
// the month for given names); the given name's Soundex, sex and postcode. Empty where a part is
// missing.
std::vector<std::uint64_t> BlockKeys(const PersonFields& person, std::size_t pass);

// First of one list, second of the other; within one list the first is the smaller.
struct Pair {
  std::uint32_t a = 0, b = 0;

  friend bool operator==(const Pair&, const Pair&) = default;
  friend auto operator<=>(const Pair&, const Pair&) = default;
};

using KeyLists = std::vector<std::vector<std::uint64_t>>;  // one list a record

// A block of more pairs says nothing (everybody born on 1 January 1900) and is left to the other
// passes.
inline constexpr std::uint64_t kBlockPairsMax = 1'000'000;
inline constexpr std::size_t kPairsMax = 200'000'000;

struct Blocks {
  std::vector<Pair> pairs;     // sorted, each once
  std::size_t n_left_out = 0;  // blocks above kBlockPairsMax
};

// Between two lists, or within `a` where `b` is null. kResourceExhausted: above kPairsMax.
absl::StatusOr<Blocks> PairsOf(const KeyLists& a, const KeyLists* b);

// Of the pairs of several passes, each once.
absl::StatusOr<std::vector<Pair>> Union(const std::vector<Blocks>& passes);

}  // namespace essaim::linkage
