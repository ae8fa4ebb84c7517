// Every algorithm of this build. Each family registers its own, in its register.cc.
#pragma once

#include "algo/registry.h"

namespace essaim {

void RegisterAll(Registry& registry);

}  // namespace essaim
