// One CSV file as a person table in memory, without a database: for simulations and tests.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "data/person_table.h"
#include "study/schema_file.h"

namespace essaim {

// The same checks as a warehouse's load with OnBadRow::kStop. kNotFound, kInvalidArgument.
absl::StatusOr<PersonTable> ReadCsvTable(const std::string& path, const SchemaFile& schema,
                                         std::size_t site);

}  // namespace essaim
