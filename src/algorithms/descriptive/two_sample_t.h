// Two-sample t test, Welch's or with a pooled variance.
//
// Released:   n, missing, mean and sd of the two groups; t, df, p, difference with its interval.
// Statistic:  persons[G] | n[G] | sums of y and y^2 [G * 2] (moments_part.h).
// Input:      a number or boolean and a category; two of its levels.
// Additive:   per person; bound 1 by the scaling.
// Cost:       O(rows) time; 2 rounds.
// Errors:     kInvalidArgument if two levels are not chosen; kFailedPrecondition if a group is too
//             small or constant.
// Threads:    const methods may run concurrently.
// Reference:  R t.test(). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo TTestInfo();

}  // namespace essaim::descriptive
