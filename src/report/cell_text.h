// One cell as text: shared by terminal, CSV and HTML.
#pragma once

#include <cstddef>
#include <string>

#include "algo/result.h"

namespace essaim {

struct CellStyle {
  int minimum_cell = 5;  // hidden cells show as "<5"
  bool exact = false;    // all digits (CSV) rather than the few that people read
};

// Hidden: "<5" for counts, "hidden" for what follows from them. Not applicable: "".
std::string CellText(const ResultTable& table, std::size_t row, std::size_t column,
                     const CellStyle& style);

bool IsHidden(const ResultTable& table, std::size_t row, std::size_t column);

// Six significant digits at most, no needless zeros: "0.4213", "1,234" (counts), "2.1e-08".
std::string NumberText(double value);
std::string CountText(std::int64_t count);  // thousands apart by a thin comma: "12,345"
std::string PValueText(double p);           // "0.032", "< 0.0001"
std::string LabelText(
    const Label& label);  // "exact: equal to the pooled analysis within 1e-08 ..."

}  // namespace essaim
