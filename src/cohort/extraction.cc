#include "cohort/extraction.h"

#include "base/limits.h"
#include "base/status_macros.h"
#include "cohort/circe.h"
#include "cohort/variable_sources.h"
#include "cohort/yaml_format.h"
#include "study/yaml_tree.h"

namespace essaim::cohort {

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
  if (variables == nullptr || variables->items.size() != schema.size()) {
    faults.Add(root, "variables", "expected the variables of the study's schema");
    return faults.ToStatus();
  }
  ReadSources(*variables, schema, extraction, faults);
  ESSAIM_RETURN_IF_ERROR(faults.ToStatus());
  return extraction;
}

}  // namespace essaim::cohort
