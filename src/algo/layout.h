// The shape of one round's statistic: named blocks of a fixed length, each with a bound.
//
// Three read it: the message's length, the proof that the ring cannot overflow, and the sensitivity
// of one person (or one node).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace essaim {

enum class Additivity {
  kPerPerson,  // the vector is a sum over persons; `bound` limits one person's |x_i|
  kPerNode,    // it is not; `bound` limits one node's |x_i|, and privacy is a node's only
};

struct Block {
  std::string name;
  std::size_t length = 0;
  double bound = 0;  // largest |x_i| of one contribution; finite, > 0
  bool integral =
      false;  // every element is a whole number: summed without scaling, in the ring of 2^64
};

struct Layout {
  Additivity additivity = Additivity::kPerPerson;
  std::vector<Block> blocks;

  std::size_t length() const;                                         // sum of the blocks' lengths
  std::optional<std::size_t> OffsetOf(std::string_view block) const;  // of its first element
};

}  // namespace essaim
