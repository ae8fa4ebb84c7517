// Rows that a load changes are kept as they were, in essaim_prior_TABLE, for an undo.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "omop/cdm.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// Makes the table of prior rows if it is not there.
absl::Status MakePrior(SqlEngine& engine, const CdmTable& table);

// Copies the rows where `where` holds, before load `number` changes them. Rows that this load
// brought or has changed already need none.
absl::Status KeepPrior(SqlEngine& engine, const CdmTable& table, std::int64_t number,
                       const std::string& where);

}  // namespace essaim
