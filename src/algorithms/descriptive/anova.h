// One-way analysis of variance.
//
// Released:   n, mean and sd of every group; sums of squares, F, df, p.
// Statistic:  persons[G] | n[G] | sums of y and y^2 [G * 2] (moments_part.h).
// Input:      a number or boolean and a category; persons without either are left out.
// Additive:   per person; bound 1 by the scaling.
// Cost:       O(rows) time; 2 rounds.
// Errors:     kFailedPrecondition if fewer than two groups have values or nothing varies within
//             them.
// Threads:    const methods may run concurrently.
// Reference:  R oneway.test(var.equal = TRUE), aov(). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo AnovaInfo();

}  // namespace essaim::descriptive
