// OHDSI Circe's JSON, as ATLAS and the OHDSI Phenotype Library write it, to a definition.
//
// Fields: OHDSI/circe-be's CohortExpression. Whatever the definition says and Essaim cannot do is
// an error that names its place, as $.PrimaryCriteria.CriteriaList[0].VisitOccurrence.X; nothing is
// left out in silence. A concept set that is referred to and not there is empty, as in Circe, and
// Definition::notes tells it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/definition.h"

namespace essaim::cohort {

inline constexpr std::size_t kCohortBytesMax = std::size_t{1} << 23;  // one definition
inline constexpr int kGroupDepthMax = 32;  // groups within groups, criteria within criteria
inline constexpr std::size_t kCriteriaMax = 5'000;        // of one definition
inline constexpr std::size_t kConceptItemsMax = 200'000;  // of one definition's concept sets
inline constexpr int kDaysMax = 1'000'000;                // of a window or an offset, either way

// kInvalidArgument "$.place: what is wrong"; kUnimplemented "$.place: what is not supported".
absl::StatusOr<Definition> ParseCirce(std::string_view json);

// The concept sets of a definition, of a list of concept sets, or of one set's expression alone
// ({"items": [...]}).
absl::StatusOr<std::vector<ConceptSet>> ParseConceptSets(std::string_view json);

}  // namespace essaim::cohort
