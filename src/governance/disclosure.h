// Disclosure control at release: small cells, and cells that would give them away.
//
// Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (frequency rule,
// complementary suppression).
#pragma once

#include "algo/result.h"

namespace essaim {

// Hides every count c with 0 < c < minimum_cell, the values derived from it (ResultColumn::of),
// and, where it would be the only hidden one of a group with a published total, the next smallest
// count of that group. Cuts curves where fewer than minimum_cell persons (but not none) are behind
// a point. minimum_cell 1 hides nothing. Zeros are shown.
void Protect(Result& result, int minimum_cell);

}  // namespace essaim
