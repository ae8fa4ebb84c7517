// Counts persons, in all or by the levels of a variable.
//
// Released:   persons a level (with the missing), their share.
// Statistic:  n[1], or n[levels + 1] with `by`.
// Input:      nothing, or a category or boolean.
// Additive:   per person; bound 1.
// Cost:       O(rows) time; 1 round.
// Errors:     kInvalidArgument if `by` is a number.
// Threads:    const methods may run concurrently.
// Reference:  R nrow(), table(useNA = "always"). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo CountInfo();

}  // namespace essaim::descriptive
