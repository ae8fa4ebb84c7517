// The weighted Gram matrix of a block of columns: the hot loop of every Newton round.
#pragma once

#include <cstddef>
#include <span>

namespace essaim {

// Adds X' W X onto `packed` (lower triangle, row by row). `columns`: p columns of n values each,
// column after column; `weights`: n values; `scratch`: n values, overwritten.
// O(n p^2) time, no allocation.
void AddWeightedGram(std::span<const double> columns, std::size_t p,
                     std::span<const double> weights, std::span<double> scratch,
                     std::span<double> packed);

// Adds X' r onto `out` (p values).
void AddTransposed(std::span<const double> columns, std::size_t p, std::span<const double> r,
                   std::span<double> out);

}  // namespace essaim
