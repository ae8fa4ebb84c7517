// What the SQL engines behind a warehouse spell differently.
//
// Everything else that the project writes is SQL that DuckDB, PostgreSQL 15 and Apache Spark 3
// read alike. A function here takes and gives SQL expressions.
#pragma once

#include <string>
#include <string_view>

#include "omop/cdm.h"

namespace essaim {

class SqlDialect {
 public:
  virtual ~SqlDialect() = default;
  virtual std::string_view name() const = 0;  // "duckdb", "postgresql"
  virtual std::string Type(CdmType type, int length) const = 0;
  virtual std::string DaysBetween(std::string_view from, std::string_view to) const = 0;
  virtual std::string AddDays(std::string_view date, std::string_view days) const = 0;
  // The smallest value whose cumulative share is at least q, 0 <= q <= 1 (R's type 1).
  virtual std::string QuantileDisc(std::string_view value, double q) const = 0;
  // An aggregate: the value at the greatest, or the least, (day, id) among the rows where `condition`
  // holds and the value is not NULL. `day` and `id` are whole numbers.
  virtual std::string ValueAtEnd(std::string_view value, std::string_view day, std::string_view id,
                                 std::string_view condition, bool greatest) const = 0;
  // Small letters without accents.
  virtual std::string Folded(std::string_view text) const = 0;
  // True where the text matches the regular expression (POSIX extended) somewhere.
  virtual std::string Matches(std::string_view text, std::string_view pattern) const = 0;
};

const SqlDialect& DuckDbDialect();
const SqlDialect& PostgresDialect();

}  // namespace essaim
