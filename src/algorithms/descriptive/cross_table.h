// Cross-table of two categories with their missing values, and the chi-squared test.
//
// Released:   persons a cell, share of all, the test over the cells that are not missing, Cramer's
//             V. The margins are left to the reader, so that a hidden cell cannot be computed from
//             them.
// Statistic:  n[(row levels + 1) * (column levels + 1)], row-major.
// Input:      two categories or booleans.
// Additive:   per person; bound 1.
// Cost:       O(rows) time; 1 round.
// Errors:     kInvalidArgument for a variable that is a number or given twice.
// Threads:    const methods may run concurrently.
// Reference:  R table(useNA = "always"), chisq.test(). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo CrossTableInfo();

}  // namespace essaim::descriptive
