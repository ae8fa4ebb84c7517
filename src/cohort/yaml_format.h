// Essaim's own cohort format, in YAML, to a definition; docs/cohorts.md describes it.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "cohort/definition.h"
#include "study/yaml_tree.h"

namespace essaim::cohort {

// kInvalidArgument: one line a fault, "line:column: key: what is wrong and what was expected".
absl::StatusOr<Definition> ParseCohortYaml(std::string_view text);
// The same of a part of a document.
absl::StatusOr<Definition> ReadCohort(const YamlNode& node);

}  // namespace essaim::cohort
