// How many sites must answer for a sum to be unmasked.
//
// With the consistency round, a hub and c colluding sites break nothing as long as 2t > n + c: two
// sets of t signers always share a site that is honest and signs one list only. t is the smallest
// such number, so that as many dropouts as possible are borne: n - t.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace essaim::secagg {

inline constexpr std::size_t kCompleteGraphMax = 64;  // sites of one sum: every pair shares a mask

// kInvalidArgument for n < 2, n > kCompleteGraphMax, or c so large that fewer than two
// sites are left to hide in each other's sum.
absl::StatusOr<std::size_t> ThresholdFor(std::size_t n_sites, std::size_t collusions);

}  // namespace essaim::secagg
