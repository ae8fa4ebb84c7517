// How many bits two filters have, and have in common: what comparing encodings spends its time on.
#pragma once

#include <array>
#include <cstdint>

namespace essaim::linkage {

inline constexpr std::size_t kFilterWords = 4;  // 256 bits
using Filter = std::array<std::uint64_t, kFilterWords>;

struct Overlap {
  std::uint32_t n_a = 0, n_b = 0, n_both = 0;
};

Overlap OverlapOf(const Filter& a, const Filter& b);

}  // namespace essaim::linkage
