// Standardised differences between two groups: how far their variables are apart.
//
// Released:   n a group and the difference of every variable.
// Statistic:  moments of the numbers and level counts of the categories, by group (moments_part.h,
//             counts_part.h).
// Input:      any variables; two levels of a category.
// Additive:   per person; bound 1 by the scaling.
// Cost:       O(rows * variables) time; 2 rounds.
// Errors:     kInvalidArgument if two levels are not chosen.
// Threads:    const methods may run concurrently.
// Reference:  Yang & Dalton (2012); R tableone ExtractSmd(). Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo StandardisedMeanDifferenceInfo();

}  // namespace essaim::descriptive
