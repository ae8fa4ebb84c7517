// Comorbidities by codes: which of the site's own codes belong to which group, as a table, and the
// scores from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/comorbidity.h"
#include "cohort/variables.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

inline constexpr std::string_view kCodeTable = "essaim_cohort_codes";

// Makes kCodeTable, where one of the variables needs it, from the codes in condition_occurrence:
// the code of a source concept of ICD-10; else, where the source concept is of no other vocabulary,
// the source value; and the standard concepts that the vocabulary maps from codes of ICD-10. Gives
// what is lacking, as sentences for people.
absl::StatusOr<std::vector<std::string>> MakeCodeTable(
    SqlEngine& engine, const std::vector<PersonVariable>& variables);

// person_id and score of one variable; `within` limits the rows co of condition_occurrence.
std::string ComorbiditySql(const PersonVariable& variable, std::string_view index,
                           std::string_view within);

}  // namespace essaim::cohort
