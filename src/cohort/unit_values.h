// Measurements' values in a variable's unit, as SQL.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/variables.h"
#include "cohort/variables_sql.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

// Fills `facts.values` for every measurement: by the listed units; or, with UCUM, by the units that
// the site's rows of the variable's concept set have. `notices` gets the variables with rows in
// units that nothing converts, with their number and no unit's text, which a site may keep to
// itself. Reads the tables that PrepareVariables made.
absl::Status ReadUnits(SqlEngine& engine, const SqlContext& context,
                       const std::vector<PersonVariable>& variables, SiteFacts& facts,
                       std::vector<std::string>& notices);

}  // namespace essaim::cohort
