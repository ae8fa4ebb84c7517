// The descriptive family: counts, tables, moments, quantiles, tests, Table 1.
#pragma once

#include "algo/registry.h"

namespace essaim {

void RegisterDescriptive(Registry& registry);

}  // namespace essaim
