// The survival family: Kaplan-Meier, log-rank, Cox, concordance.
#pragma once

#include "algo/registry.h"

namespace essaim {

void RegisterSurvival(Registry& registry);

}  // namespace essaim
