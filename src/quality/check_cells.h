// A check as two counts: of the rows that violate it and of the rows that it looks at.
//
// Each count is an aggregate over rows that many checks share, so that one pass over a table
// answers all of its checks: fields that hold concepts are first counted by value, and what is
// joined is those few distinct values.
#pragma once

#include <string>

#include "quality/check_list.h"
#include "warehouse/sql_dialect.h"

namespace essaim {

struct Cell {
  std::string rows;       // what follows FROM
  std::string aggregate;  // gives one integer, or NULL for 0
};

struct CheckCells {
  Cell violated, denominator;
};

// For every kind but cdmTable and cdmField, which the database's catalogue answers. `as_of` is the
// day, YYYY-MM-DD, that stands for today.
CheckCells CellsOf(const Check& check, const std::string& as_of, const SqlDialect& dialect);

}  // namespace essaim
