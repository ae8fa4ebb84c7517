// The steps by which persons leave a cohort.
#pragma once

#include <string>
#include <vector>

#include "cohort/run_cohorts.h"

namespace essaim::cohort {

// "entry events", "additional criteria" where there are any, the rules' names, "cohort".
std::vector<std::string> StepNames(const Definition& definition);

// For each step a definition whose cohort is the persons left after it; the last is the definition
// itself. Their ids are 1, 2 and so on.
std::vector<NumberedDefinition> StepDefinitions(const Definition& definition);

}  // namespace essaim::cohort
