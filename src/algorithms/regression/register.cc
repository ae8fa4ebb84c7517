#include "algorithms/regression/register.h"

#include "algorithms/regression/glm.h"

namespace essaim {

void RegisterRegression(Registry& registry) { registry.Add(regression::Glm::Info()); }

}  // namespace essaim
