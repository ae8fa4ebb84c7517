// Small helpers to write result tables.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "algo/result.h"

namespace essaim::descriptive {

// Not a number means not applicable: an empty cell.
inline Cell Real(double x) { return x == x ? Cell(x) : Cell(std::monostate()); }

inline Cell Count(std::int64_t n) { return Cell(n); }

inline Cell Text(std::string s) { return Cell(std::move(s)); }

inline constexpr const char* kMissing = "(missing)";

inline ResultColumn TextColumn(std::string name, std::string title) {
  return {.name = std::move(name), .title = std::move(title), .kind = ColumnKind::kText};
}

inline ResultColumn CountColumn(std::string name, std::string title) {
  return {.name = std::move(name), .title = std::move(title), .kind = ColumnKind::kCount};
}

// `of`: the index of the count column that hides it.
inline ResultColumn NumberColumn(std::string name, std::string title, int of = -1) {
  return {
      .name = std::move(name), .title = std::move(title), .kind = ColumnKind::kNumber, .of = of};
}

inline ResultColumn ShareColumn(std::string name, std::string title, int of) {
  return {.name = std::move(name), .title = std::move(title), .kind = ColumnKind::kShare, .of = of};
}

inline ResultColumn PValueColumn() {
  return {.name = "p_value", .title = "p-value", .kind = ColumnKind::kPValue};
}

inline double Share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);  // NaN if nobody
}

}  // namespace essaim::descriptive
