#include "algorithms/evaluation/register.h"

#include "algorithms/evaluation/classification.h"
#include "algorithms/evaluation/group_fairness.h"

namespace essaim {

void RegisterEvaluation(Registry& registry) {
  registry.Add(evaluation::Classification::Info());
  registry.Add(evaluation::GroupFairness::Info());
}

}  // namespace essaim
