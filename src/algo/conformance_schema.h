// The schema that the conformance suite runs every registered algorithm's examples on. Its rows are
// made by tests/conformance with missing values, ties and an empty level; three sites: "north",
// "south", "west".
//
//   age        number 18..90 years        dose     number 0..10 mg
//   score      number -4..4               visits   integer 0..50 (a count)
//   cost       number 0.5..200 (> 0)      sex      boolean
//   stage      category I, II, III, IV    arm      category control, treated
//   outcome    boolean, depends on age, dose, stage
//   time       integer 1..200 days        event    boolean (death at `time`, else censored)
//   weight     number 0.5..2              split    category train, test
//   risk       number 0..1 (a predicted probability of `outcome`)
#pragma once

#include "data/schema.h"

namespace essaim {

Schema ConformanceSchema();

}  // namespace essaim
