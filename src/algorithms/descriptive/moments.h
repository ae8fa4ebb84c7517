// Number of values, mean, variance, standard deviation and skewness.
//
// Released:   n, missing, mean, variance (n - 1), sd, skewness (g1), by level where asked. No
//             minimum and maximum: they are single persons' values; ask for quantiles.
// Statistic:  persons[G] | n[V * G] | sums of y, y^2, y^3 [V * G * 3], y = (x - centre) / half-
//             width.
// Input:      numbers or booleans (V of them); optionally a category (G cells with the missing).
// Additive:   per person; bound 1 by the scaling.
// Cost:       O(rows * V) time; 2 rounds.
// Errors:     kInvalidArgument for a category among the variables.
// Threads:    const methods may run concurrently.
// Reference:  R mean(), var(); g1 of Joanes & Gill (1998), The Statistician 47. Golden:
//             tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo MomentsInfo();

}  // namespace essaim::descriptive
