// One SQL engine behind a warehouse: DuckDB in an encrypted file, or a PostgreSQL server.
//
// Errors: messages name what was being done, never a value; the engine's own text goes to the
// node's log. Threads: one call at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "warehouse/sql_dialect.h"

namespace essaim {

// NULL, an integer, a real, or text (dates as YYYY-MM-DD, times as YYYY-MM-DD HH:MM:SS).
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

struct SqlRows {
  std::vector<std::string> columns;
  std::vector<std::vector<SqlValue>> rows;  // rows[i][c]
};

// A result in columns: a key and numbers.
struct SqlNumbers {
  std::vector<std::int64_t> keys;            // the first column
  std::vector<std::string> names;            // of the others
  std::vector<std::vector<double>> columns;  // columns[c][i]; NULL is NaN
};

// Rows on their way into one table, in the caller's transaction.
class SqlAppender {
 public:
  virtual ~SqlAppender() = default;
  // One cell a column, as text that the column's type reads; nullopt is NULL. Read at once.
  virtual absl::Status Row(std::span<const std::optional<std::string_view>> cells) = 0;
  virtual absl::Status Close() = 0;  // nothing is sure to be in the table before
};

class SqlEngine {
 public:
  static constexpr std::size_t kRowsMax = 1'000'000;

  virtual ~SqlEngine() = default;
  virtual const SqlDialect& dialect() const = 0;
  // One statement for its effect; "BEGIN", "COMMIT" and "ROLLBACK" too.
  virtual absl::Status Execute(const std::string& sql) = 0;
  // The whole result. kResourceExhausted: more than kRowsMax rows.
  virtual absl::StatusOr<SqlRows> Query(const std::string& sql) = 0;
  // The whole result, 8 bytes a cell. The first column holds whole numbers, none NULL; the others
  // numbers or truths. kInternal: they hold something else; kResourceExhausted as above.
  virtual absl::StatusOr<SqlNumbers> QueryNumbers(const std::string& sql) = 0;
  // `columns` in the order of the cells. Ends before the next call to the engine.
  virtual absl::StatusOr<std::unique_ptr<SqlAppender>> Append(
      const std::string& table, const std::vector<std::string>& columns) = 0;
};

// kUnauthenticated: the key does not open the file. kUnavailable: another process has it open.
struct DuckDbOptions;
absl::StatusOr<std::unique_ptr<SqlEngine>> OpenDuckDbEngine(const DuckDbOptions& options);
// Over a file that is open already and that others may share.
class DuckDbFile;
absl::StatusOr<std::unique_ptr<SqlEngine>> OpenDuckDbEngine(std::shared_ptr<DuckDbFile> file);

// A server of version 15 or later; the connection string is libpq's (its manual, section 34.1.1).
// kUnavailable: it cannot be reached. The tables are those of the connection's first schema.
absl::StatusOr<std::unique_ptr<SqlEngine>> OpenPostgresEngine(const std::string& connection_string,
                                                              Log* log);

}  // namespace essaim
