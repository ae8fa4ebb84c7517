#include "algorithms/evaluation/register.h"

#include "algorithms/evaluation/classification.h"

namespace essaim {

void RegisterEvaluation(Registry& registry) { registry.Add(evaluation::Classification::Info()); }

}  // namespace essaim
