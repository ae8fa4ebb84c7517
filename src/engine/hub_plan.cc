#include "engine/hub_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/context.h"

namespace essaim {

absl::StatusOr<std::string> CheckedModel(const HubRunOptions& options) {
  const Study& study = options.study;
  if (options.analysis >= study.analyses.size())
    return absl::InvalidArgumentError("no such analysis");
  if (options.roster.size() != study.sites.size())
    return absl::InvalidArgumentError("the roster is not the study's sites");
  if (study.sites.size() < static_cast<std::size_t>(study.privacy.minimum_sites)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d sites; the study's minimum is %d", study.sites.size(), study.privacy.minimum_sites));
  }
  const std::string& wanted = study.analyses[options.analysis].model;
  if (wanted.empty()) return std::string();
  const auto found = std::ranges::find(study.analyses, wanted, &Analysis::name);
  const auto at = static_cast<std::size_t>(found - study.analyses.begin());
  if (at >= options.earlier.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("model: there is no result of an earlier analysis ", wanted));
  }
  return options.earlier[at].Encode();
}

v1::PlanAsk PlanAskOf(const HubRunOptions& options, const std::string& model) {
  v1::PlanAsk plan;
  plan.set_protocol(kProtocol);
  plan.set_federation(options.federation);
  plan.set_study(options.study.source);
  plan.set_analysis(static_cast<std::uint32_t>(options.analysis));
  for (const RosterEntry& entry : options.roster) {
    v1::RosterMember* member = plan.add_roster();
    member->set_site(entry.site);
    member->set_signing_key(entry.signing_key);
  }
  plan.set_nonce(options.nonce);
  plan.set_model_result(model);
  return plan;
}

}  // namespace essaim
