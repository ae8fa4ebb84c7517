// Rows of text into a DuckDB table, column by column in the columns' own types.
#pragma once

#include <duckdb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// Throws what DuckDB throws: there is no such table or column. The connection outlives the
// appender.
std::unique_ptr<SqlAppender> MakeDuckDbAppender(duckdb::Connection& connection,
                                                const std::string& table,
                                                const std::vector<std::string>& columns, Log* log);

}  // namespace essaim
