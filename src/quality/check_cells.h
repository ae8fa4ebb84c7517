// A check as two counts: of the rows that violate it and of the rows that it looks at.
//
// Each count is an aggregate over rows that many checks share, so that one pass over a table
// answers all of its checks: fields that hold concepts are first counted by value, and what is
// joined is those few distinct values. Often the counts of a whole table, or a cheaper question,
// tell already that a pass would find nothing: the rows say when.
#pragma once

#include <string>

#include "quality/check_list.h"
#include "warehouse/sql_dialect.h"

namespace essaim {

struct Rows {
  std::string sql;  // what follows FROM
  // Every aggregate over the rows gives 0 if the table has no row, or if its field holds nothing
  // but NULL, or if the other table has no row. Empty: does not apply.
  std::string table = "", field = "", other = "";
  // Or if the field refers to the target, the target's keys are unique, and these rows of the two
  // joined are as many as the field's values.
  std::string target = "", join = "";
  // Or if this statement gives 0. It is fast where the field's integers are dense: it looks at them
  // 32 at a time.
  std::string doubt = "";
};

struct Cell {
  Rows rows;
  std::string aggregate;  // gives one integer, or NULL for 0
};

struct CheckCells {
  Cell violated, denominator;
};

// For every kind but cdmTable and cdmField, which the database's catalogue answers. `as_of` is the
// day, YYYY-MM-DD, that stands for today.
CheckCells CellsOf(const Check& check, const std::string& as_of, const SqlDialect& dialect);

// All rows of a table, and a field's non-NULL values, smallest and largest as aggregates over them.
Rows WholeTable(std::string_view table);
std::string CountOf(std::string_view field);
std::string SmallestOf(std::string_view field);
std::string LargestOf(std::string_view field);

}  // namespace essaim
