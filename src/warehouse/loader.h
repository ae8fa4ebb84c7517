// One load into tables that exist already, within the caller's transaction.
#pragma once

#include <duckdb.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "study/schema_file.h"
#include "warehouse/warehouse.h"

namespace essaim {

// Rows table: row BIGINT, then a DOUBLE for each variable (NULL where missing).
// Quarantine table: file VARCHAR, line BIGINT, column VARCHAR, reason VARCHAR, raw VARCHAR.
struct LoadTables {
  std::string database, rows, quarantine;
};

// Reads every file of the request into the tables. kInvalidArgument with the first bad rows under
// OnBadRow::kStop. May throw DuckDB's exceptions.
absl::StatusOr<LoadReport> LoadFiles(duckdb::Connection& connection, const LoadTables& tables,
                                     const LoadRequest& request, const SchemaFile& schema,
                                     Log* log);

}  // namespace essaim
