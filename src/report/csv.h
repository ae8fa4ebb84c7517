// A table as CSV (RFC 4180), all digits; hidden cells as "<5". A cell that a spreadsheet would run
// as a formula is quoted with an apostrophe.
#pragma once

#include <string>

#include "algo/result.h"

namespace essaim {

std::string TableCsv(const ResultTable& table, int minimum_cell);
// Every table under its own "# id: title" line, then every curve as series,x,y,lower,upper,n.
std::string ResultCsv(const Result& result, int minimum_cell);

}  // namespace essaim
