#include "governance/policy.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace essaim {
namespace {

absl::Status Denied(std::string text) { return absl::PermissionDeniedError(text); }

bool Matches(const std::vector<std::string>& allowed, const std::string& name) {
  if (allowed.empty()) return true;
  return std::ranges::any_of(allowed, [&](const std::string& pattern) {
    if (!absl::EndsWith(pattern, "/*")) return pattern == name;
    return absl::StartsWith(name, pattern.substr(0, pattern.size() - 1));
  });
}

}  // namespace

absl::Status CheckStudy(const Policy& policy, const Study& study) {
  const Privacy& asked = study.privacy;
  if (asked.minimum_cohort < policy.minimum_cohort) {
    return Denied(absl::StrFormat("minimum_cohort is %d; this site demands %d",
                                  asked.minimum_cohort, policy.minimum_cohort));
  }
  if (asked.minimum_cell < policy.minimum_cell) {
    return Denied(absl::StrFormat("minimum_cell is %d; this site demands %d", asked.minimum_cell,
                                  policy.minimum_cell));
  }
  if (asked.minimum_sites < policy.minimum_sites) {
    return Denied(absl::StrFormat("minimum_sites is %d; this site demands %d", asked.minimum_sites,
                                  policy.minimum_sites));
  }
  if (asked.on_dropout == Privacy::OnDropout::kContinue && !policy.allow_continue_on_dropout) {
    return Denied("on_dropout is continue; this site allows only wait");
  }
  if (!policy.per_site_counts && study.schema.Find(kSiteVariable).has_value())
    return Denied("counts by site are asked; this site gives none (per_site_counts)");
  if (!Matches(policy.allowed_datasets, study.dataset)) {
    return Denied(absl::StrFormat("data set %s is not open to studies", study.dataset));
  }
  for (const Analysis& analysis : study.analyses) {
    if (!Matches(policy.allowed_algorithms, analysis.algorithm)) {
      return Denied(absl::StrFormat("algorithm %s is not allowed", analysis.algorithm));
    }
  }
  for (const std::string& name : policy.forbidden_variables) {
    if (study.schema.Find(name).has_value())
      return Denied(absl::StrFormat("variable %s is not open to studies", name));
  }
  return absl::OkStatus();
}

}  // namespace essaim
