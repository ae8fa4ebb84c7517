#include "algorithms/registry.h"

#include "algorithms/descriptive/register.h"
#include "algorithms/evaluation/register.h"
#include "algorithms/regression/register.h"
#include "algorithms/survival/register.h"

namespace essaim {

void RegisterAll(Registry& registry) {
  RegisterDescriptive(registry);
  RegisterEvaluation(registry);
  RegisterRegression(registry);
  RegisterSurvival(registry);
}

}  // namespace essaim
