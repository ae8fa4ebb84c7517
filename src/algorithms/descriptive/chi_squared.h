// Pearson's chi-squared test of independence of two categories.
//
// Released:   statistic, degrees of freedom, p-value, Cramer's V, n. No cell.
// Statistic:  n[(row levels + 1) * (column levels + 1)], row-major.
// Input:      two categories or booleans; persons without both are left out, empty levels too.
// Additive:   per person; bound 1.
// Cost:       O(rows) time; 1 round.
// Errors:     kInvalidArgument for a number or the same variable twice; kFailedPrecondition if
//             fewer than two rows or columns have persons.
// Threads:    const methods may run concurrently.
// Reference:  R chisq.test(). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo ChiSquaredInfo();

}  // namespace essaim::descriptive
