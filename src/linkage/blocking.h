// Which pairs are compared at all: those that share a key in one of several passes.
//
// Ten thousand persons against ten thousand are a hundred million pairs, of which a few thousand
// are matches. A pass gives each record keys; records with one key are a block. What one pass
// misses for a typing error, another finds.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
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
inline constexpr std::array<Pass, 8> kPasses = {{
    {"birth date", {false, false, true, false, false}},
    {"names", {true, true, false, false, false}},
    {"family name and birth", {true, false, true, false, false}},
    {"given name and birth", {false, true, true, false, false}},
    {"given name and postcode", {false, true, false, true, true}},
    {"family name and postcode", {true, false, false, false, true}},
    {"name, day and month", {true, true, true, true, false}},
    {"names, sex and postcode", {true, true, false, true, true}},
}};
// Over encodings of two years of birth, and where one has no birth date.
inline constexpr std::size_t kAnyYearPass = 6, kUndatedPass = 7;

// In clear text, names by their Soundex, a double name also by its parts: the date; both names in
// either order; a name and the year (with the month for given names); a name and the postcode (with
// the sex for given names); a name with the day and month of birth, whatever the year (with the sex
// for given names). None where a part is missing, and none of the last pass: what it is for, the
// second finds in clear text.
std::vector<std::uint64_t> BlockKeys(const PersonFields& person, std::size_t pass);

// First of one list, second of the other; within one list the first is the smaller.
struct Pair {
  std::uint32_t a = 0, b = 0;

  friend bool operator==(const Pair&, const Pair&) = default;
  friend auto operator<=>(const Pair&, const Pair&) = default;
};

// A block of more pairs says nothing (everybody born on 1 January 1900) and is left to the other
// passes.
inline constexpr std::uint64_t kBlockPairsMax = 1'000'000;

// The blocks of one pass. 8 bytes a key, whatever the number of pairs.
class BlockIndex {
 public:
  using Keys = std::function<std::vector<std::uint64_t>(bool second, std::size_t i)>;

  // Between lists of n_a and n_b records, or within the first where `n_b` is 0.
  BlockIndex(std::size_t n_a, std::size_t n_b, const Keys& keys);

  // Adds the pairs whose first record is in [from, to), once for each key that they share.
  void Append(std::uint32_t from, std::uint32_t to, std::vector<Pair>& pairs) const;

  std::uint64_t n_pairs() const { return n_pairs_; }  // of all records, as often as they share keys

  std::size_t n_left_out() const { return n_left_out_; }  // blocks above kBlockPairsMax

 private:
  struct Block {
    std::size_t begin = 0, second = 0, end = 0;  // in records_; those of the other list from second
  };

  bool within_;
  std::vector<std::uint32_t> records_;  // of a block, each list's rising
  std::vector<Block> blocks_;
  std::uint64_t n_pairs_ = 0;
  std::size_t n_left_out_ = 0;
};

// Every pair of the indexes once, in order. A stretch of the first list at a time is held in
// memory: some millions of pairs, however many there are.
void ForEachPair(std::span<const BlockIndex> indexes, std::size_t n_a,
                 absl::FunctionRef<void(const Pair&)> visit);

}  // namespace essaim::linkage
