// Quantiles of a number, exact to a declared resolution, by rounds of counts.
//
// Released:   n and the quantiles, by level where asked.
// Statistic:  n[G] | for every bracket still searched: below[1] | bins[k] (order_part.h).
// Input:      a number; optionally a category. Values count as the nearest multiple of the
//             resolution.
// Additive:   per person; bound 1.
// Cost:       O(rows * brackets) time; `rounds` rounds (3), more if a site is lost between two.
// Errors:     kInvalidArgument for a probability outside [0, 1] or a resolution that does not fit
//             the range.
// Threads:    const methods may run concurrently.
// Reference:  Hyndman & Fan (1996), types 1 and 7; R quantile(). Golden:
//             tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo QuantileInfo();

}  // namespace essaim::descriptive
