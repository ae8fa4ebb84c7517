#include "algorithms/survival/register.h"

#include "algorithms/survival/concordance.h"
#include "algorithms/survival/cox.h"
#include "algorithms/survival/kaplan_meier.h"
#include "algorithms/survival/log_rank.h"

namespace essaim {

void RegisterSurvival(Registry& registry) {
  registry.Add(survival::KaplanMeier::Info());
  registry.Add(survival::LogRank::Info());
  registry.Add(survival::CoxInfo());
  registry.Add(survival::ConcordanceInfo());
}

}  // namespace essaim
