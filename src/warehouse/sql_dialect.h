// What the SQL engines behind a warehouse spell differently.
//
// Everything else that the project writes is SQL that DuckDB, PostgreSQL 15 and Apache Spark 3
// read alike. A function here takes and gives SQL expressions.
#pragma once

#include <cstdint>
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
  virtual std::string AddDaysToTime(std::string_view time, std::string_view days) const = 0;
  // Rows of a table in the order in which they lie, for walking through it in pieces: what a row is
  // called (no two alike), where the pieces end (one number), and what lies from one to another.
  virtual std::string RowName() const = 0;
  virtual std::string RowsEnd(std::string_view table) const = 0;
  virtual std::string RowsBetween(std::int64_t from, std::int64_t to) const = 0;
  virtual std::int64_t RowsStep() const = 0;  // of about a thousand rows
  // Whether RowName is a number that grows from row to row as a transaction adds them.
  virtual bool NumbersRowsAsAdded() const = 0;
  // The smallest value whose cumulative share is at least q, 0 <= q <= 1 (R's type 1).
  virtual std::string QuantileDisc(std::string_view value, double q) const = 0;
  // An aggregate: the value at the greatest, or the least, (day, id) among the rows where
  // `condition` holds and the value is not NULL. `day` and `id` are whole numbers.
  virtual std::string ValueAtEnd(std::string_view value, std::string_view day, std::string_view id,
                                 std::string_view condition, bool greatest) const = 0;
  // Small letters without accents.
  virtual std::string Folded(std::string_view text) const = 0;
  // True where the text matches the regular expression (POSIX extended) somewhere.
  virtual std::string Matches(std::string_view text, std::string_view pattern) const = 0;
  // Whether a WHERE that compares one field with a constant skips rows unseen that cannot match, so
  // that many such counts cost less than one pass that evaluates all of them.
  virtual bool SkipsByRange() const = 0;
  // Integers in blocks of 32 that follow one another: an integer's block, its bit in there as an
  // integer, and how many bits of such an integer are set.
  virtual std::string BlockOf(std::string_view integer) const = 0;
  virtual std::string BitInBlock(std::string_view integer) const = 0;
  virtual std::string BitCount(std::string_view bits) const = 0;
};

const SqlDialect& DuckDbDialect();
const SqlDialect& PostgresDialect();

}  // namespace essaim
