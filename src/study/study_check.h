// A study against the algorithms that there are.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "algo/registry.h"
#include "study/study.h"

namespace essaim {

// kInvalidArgument, one line a fault: an algorithm or parameter that does not exist (with the
// nearest), a parameter of the wrong type or out of range, settings that the algorithm refuses.
absl::Status CheckStudyAgainst(const Study& study, const Registry& registry);

}  // namespace essaim
