// The evaluation family: how well a model predicts on the cohort's persons.
#pragma once

#include "algo/registry.h"

namespace essaim {

void RegisterEvaluation(Registry& registry);

}  // namespace essaim
