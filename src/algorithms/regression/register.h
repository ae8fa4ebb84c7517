// The regression family: generalised linear models.
#pragma once

#include "algo/registry.h"

namespace essaim {

void RegisterRegression(Registry& registry);

}  // namespace essaim
