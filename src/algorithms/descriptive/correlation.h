// Covariance and Pearson correlation of every pair of some numbers.
//
// Released:   n, covariance, correlation and its p-value for every pair.
// Statistic:  listwise: n[1] | sum y[p] | sum y_i y_j [p(p+1)/2] (lower triangle, row-major);
//             pairwise: n[p(p+1)/2] | sum y_i where j is present [p * p] | sum y_i^2 likewise [p *
//             p] | products [p(p+1)/2].
// Input:      numbers or booleans, 2 to 200; y = (x - centre) / half-width, both public.
// Additive:   per person; bound 1 by the scaling.
// Cost:       O(rows * p^2) time, O(p^2) memory; 2 rounds.
// Errors:     kInvalidArgument for a category.
// Threads:    const methods may run concurrently.
// Reference:  R cov(), cor() with use = "pairwise.complete.obs" or "complete.obs". Golden:
//             tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo CorrelationInfo();

}  // namespace essaim::descriptive
