// Distances between two histograms over the same categories, of two times or of two sites.
//
// Histograms are counts, not negative; a category that one of them lacks counts 0 there.
#pragma once

#include "quality/distribution.h"

namespace essaim {

// The square root of the Jensen-Shannon divergence with logarithms to base 2: 0 where the shares
// are alike, 1 where no category is shared (Lin 1991, IEEE Trans Inf Theory 37:145; Endres and
// Schindelin 2003, ibid. 49:1858). 0 if both are empty, 1 if one is.
double JensenShannonDistance(const Counts& a, const Counts& b);

// The name of the category that GroupSmall makes; no concept id and no level is called so.
inline constexpr char kOtherCategory[] = "(other)";

// Categories of fewer than k records together as kOtherCategory, which itself is left out if it
// comes to fewer than k: what is kept or sent names no rare category.
Counts GroupSmall(const Counts& counts, double k);

// The two with every category together that is small in either. Both histograms of a comparison
// must be grouped by the same categories, or the grouping itself looks like a drift.
struct CountsPair {
  Counts a, b;
};

CountsPair GroupSmallInEither(const Counts& a, const Counts& b, double k);

}  // namespace essaim
