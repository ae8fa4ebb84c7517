// Table 1: the description of a study population, optionally by strata, in three
//             rounds.
//
// Released:   numbers: n, missing, mean, sd, median, quartiles; categories: n and share a level;
//             with `by`, a test and a standardised difference for every variable. With `by` no
//             overall column: it would let a hidden cell be computed.
// Statistic:  the parts' statistics side by side (moments_part.h, order_part.h, counts_part.h);
//             every round sends all.
// Input:      any variables; optionally a category of 2 or more levels.
// Additive:   per person; bound 1 by the scaling.
// Cost:       O(rows * variables) time; 3 rounds, more if a site is lost between two.
// Errors:     kInvalidArgument for a number as `by` or a resolution that does not fit a range.
// Threads:    const methods may run concurrently.
// Reference:  R mean, sd, quantile(type = 7), t.test, oneway.test, chisq.test; tableone's SMD.
//             Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo TableOneInfo();

}  // namespace essaim::descriptive
