// The edge between DuckDB, which throws, and the rest, which does not.
//
// DuckDB's messages may hold a cell's value: they go to the node's log and nowhere else.
#pragma once

#include <duckdb.hpp>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "base/log.h"

namespace essaim {

// Logs the exception's text and gives a status that names only what was being done.
absl::Status FromDatabase(std::string_view doing, const duckdb::ErrorData& error, Log* log);

// Runs `body` (giving absl::Status or absl::StatusOr) and turns what it throws into a status.
template <typename F>
std::invoke_result_t<F> NoThrow(std::string_view doing, Log* log, F body) {
  try {
    return body();
  } catch (const std::exception& e) {
    return FromDatabase(doing, duckdb::ErrorData(e), log);
  }
}

// Runs one statement for its effect.
absl::Status Run(duckdb::Connection& connection, const std::string& sql, std::string_view doing,
                 Log* log);

}  // namespace essaim
