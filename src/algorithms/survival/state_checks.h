// What a node asks of a state before it computes on it: a state is made by others.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"

namespace essaim::survival {

// Whole numbers from [0, end), each above the one before.
inline bool IsAscendingBelow(std::span<const double> x, std::size_t end) {
  double least = 0;
  for (const double v : x) {
    if (!(v >= least && v < static_cast<double>(end)) || v != std::floor(v)) return false;
    least = v + 1;
  }
  return true;
}

// `size` numbers of at most `bound` in size.
inline bool IsBounded(std::span<const double> x, std::size_t size, double bound) {
  for (const double v : x) {
    if (!(std::abs(v) <= bound)) return false;
  }
  return x.size() == size;
}

inline absl::Status UnusableState() {
  return absl::InvalidArgumentError("the state is not one that this analysis can make");
}

}  // namespace essaim::survival
