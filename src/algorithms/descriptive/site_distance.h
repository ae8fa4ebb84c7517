// How far each site's distribution of a variable is from that of all sites together.
//
// Released:   a distance a site, 0 to 1, in hundredths; none of a site with fewer than `minimum`
//             persons. Nothing else of a site.
// Statistic:  n[cells] | told[sites] | distance[sites]: the site's counts, and in its own slot that
//             it tells its distance and the distance in hundredths. The first round's last two are
//             zeros: the counts' sum is not known yet.
// Input:      a category, a boolean, or a number in bins as descriptive/histogram's; the missing
// are
//             a cell of their own. Cells of fewer than `minimum` persons, at the site or in all,
//             are put together first.
// Additive:   per node: a slot belongs to one.
// Cost:       O(rows log bins) time; 2 rounds, more if a site is lost between two.
// Errors:     kInvalidArgument as descriptive/histogram; a state with counts that are none.
// Threads:    const methods may run concurrently.
// Reference:  Jensen-Shannon distance, logarithms to base 2: Lin 1991, IEEE Trans Inf Theory
// 37:145.
//             Golden: tests/golden/site_distance_test.cc (SciPy).
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo SiteDistanceInfo();

}  // namespace essaim::descriptive
