#include "study/study_check.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace essaim {

absl::Status CheckStudyAgainst(const Study& study, const Registry& registry) {
  std::vector<std::string> faults;
  for (std::size_t i = 0; i < study.analyses.size(); ++i) {
    const Analysis& analysis = study.analyses[i];
    // An analysis of another's model gets the model's coefficients among its parameters only once
    // that model is fitted: what can be checked now is its name and its own parameters.
    absl::Status status;
    const AlgorithmInfo* info = registry.Find(analysis.algorithm);
    if (info != nullptr && !analysis.model.empty()) {
      status = CheckParams(info->params, analysis.params, study.schema);
    } else {
      status = registry
                   .Make(analysis.algorithm,
                         {.schema = study.schema, .sites = study.sites, .params = analysis.params})
                   .status();
    }
    if (!status.ok()) {
      faults.push_back(absl::StrCat(analysis.line, ": analyses[", i, "] (", analysis.name,
                                    "): ", status.message()));
    }
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

}  // namespace essaim
