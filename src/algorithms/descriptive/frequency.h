// Frequency tables of categories and booleans, with their missing values.
//
// Released:   persons a level and missing, share of all, share of those with a value.
// Statistic:  n[levels + 1] for each variable.
// Input:      categories or booleans.
// Additive:   per person; bound 1.
// Cost:       O(rows * variables) time; 1 round.
// Errors:     kInvalidArgument for a variable that is a number.
// Threads:    const methods may run concurrently.
// Reference:  R table(useNA = "always"). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo FrequencyInfo();

}  // namespace essaim::descriptive
