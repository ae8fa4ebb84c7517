#include "algorithms/registry.h"

#include "algorithms/descriptive/register.h"
#if __has_include("algorithms/regression/register.h")
#include "algorithms/regression/register.h"
#define ESSAIM_HAS_REGRESSION
#endif
#if __has_include("algorithms/survival/register.h")
#include "algorithms/survival/register.h"
#define ESSAIM_HAS_SURVIVAL
#endif
#if __has_include("algorithms/evaluation/register.h")
#include "algorithms/evaluation/register.h"
#define ESSAIM_HAS_EVALUATION
#endif

namespace essaim {

void RegisterAll(Registry& registry) {
  RegisterDescriptive(registry);
#ifdef ESSAIM_HAS_REGRESSION
  RegisterRegression(registry);
#endif
#ifdef ESSAIM_HAS_SURVIVAL
  RegisterSurvival(registry);
#endif
#ifdef ESSAIM_HAS_EVALUATION
  RegisterEvaluation(registry);
#endif
}

}  // namespace essaim
