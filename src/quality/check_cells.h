// A check as two counts: of the rows that violate it and of the rows that it looks at.
//
// Each count is an aggregate over rows that many checks share, so that one pass answers all of
// them: fields that hold concepts are first counted by value, a table is first brought to a row a
// person, and all events meet the visits at once. Often the counts of a whole table, or a cheaper
// count, tell already that a count is 0: the cell says when.
#pragma once

#include <memory>
#include <string>

#include "quality/check_list.h"
#include "warehouse/sql_dialect.h"

namespace essaim {

// What follows FROM, made of the parts that the cells over it ask for: head, their columns with
// `between` between them, tail, their joins, which leave the number of rows as it is.
struct Rows {
  std::string head, between = "", tail = "";
};

struct Cell {
  Rows rows;
  std::string aggregate;  // gives one integer, or NULL for 0
  std::string columns = "", join = "";

  // The count is 0 if the table has no row, or if its field holds nothing but NULL, or if the other
  // table has no row. Empty: does not apply.
  std::string table = "", field = "", other = "";
  // What it is instead if the field holds nothing but NULL; nullptr: 0.
  std::shared_ptr<const Cell> if_null = nullptr;
  // It is 0 too where this one is 0, which many cells share, and no key of the table below is there
  // twice (empty: whether or not).
  std::shared_ptr<const Cell> proof = nullptr;
  std::string unique = "";
  // Or where this statement gives 0. It is fast where the keys of a table, the field's own or those
  // that it refers to, are dense: it looks at them 32 at a time.
  std::string doubt = "", key_table = "", key = "";
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
