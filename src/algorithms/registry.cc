#include "algorithms/registry.h"

#include "algorithms/descriptive/register.h"
#include "algorithms/regression/register.h"
#include "algorithms/survival/register.h"
#if __has_include("algorithms/evaluation/register.h")
#include "algorithms/evaluation/register.h"
#define ESSAIM_HAS_EVALUATION
#endif

namespace essaim {

void RegisterAll(Registry& registry) {
  RegisterDescriptive(registry);
  RegisterRegression(registry);
  RegisterSurvival(registry);
#ifdef ESSAIM_HAS_EVALUATION
  RegisterEvaluation(registry);
#endif
}

}  // namespace essaim
