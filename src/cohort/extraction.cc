#include "cohort/extraction.h"

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "cohort/attrition.h"
#include "cohort/circe.h"
#include "cohort/variable_sources.h"
#include "cohort/yaml_format.h"
#include "study/yaml_tree.h"

namespace essaim::cohort {
namespace {

// The keys `steps` and `sites`: names for the steps of the cohort, and for the sites of the study.
void ReadSteps(const YamlNode& root, const Schema& schema, Extraction& extraction,
               YamlFaults& faults) {
  const YamlNode* steps = root.Find("steps");
  const YamlNode* sites = root.Find("sites");
  if (steps != nullptr && schema.Find(kStepVariable).has_value()) {
    const std::size_t n = StepNames(extraction.cohort).size();
    if (steps->items.size() != n)
      faults.Add(*steps, "steps",
                 absl::StrCat("expected names for the ", n, " steps of the cohort"));
    extraction.with_steps = true;
    extraction.variables.push_back({.name = std::string(kStepVariable),
                                    .kind = PersonVariable::Kind::kStep,
                                    .n_steps = static_cast<int>(n)});
    extraction.columns.push_back({.column = std::string(kStepVariable)});
  }
  if (sites != nullptr && schema.Find(kSiteVariable).has_value())
    extraction.columns.push_back({.column = "", .is_site = true});
}

}  // namespace

absl::StatusOr<Extraction> ParseExtraction(std::string_view yaml, const Schema& schema) {
  ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(yaml, limits::kStudyBytesMax));
  const YamlNode *cohort = root.Find("cohort"), *circe = root.Find("circe"),
                 *variables = root.Find("variables");
  YamlFaults faults;
  Extraction extraction;
  if ((cohort == nullptr) == (circe == nullptr)) {
    faults.Add(root, "cohort", "expected a cohort, or the JSON text of one as circe");
    return faults.ToStatus();
  }
  ESSAIM_ASSIGN_OR_RETURN(extraction.cohort,
                          cohort != nullptr ? ReadCohort(*cohort) : ParseCirce(circe->text));
  const std::size_t n_more =
      schema.Find(kStepVariable).has_value() + schema.Find(kSiteVariable).has_value();
  if (variables == nullptr || variables->items.size() + n_more != schema.size()) {
    faults.Add(root, "variables", "expected the variables of the study's schema");
    return faults.ToStatus();
  }
  ReadSources(*variables, schema, extraction, faults);
  ReadSteps(root, schema, extraction, faults);
  ESSAIM_RETURN_IF_ERROR(faults.ToStatus());
  return extraction;
}

}  // namespace essaim::cohort
