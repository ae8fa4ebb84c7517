#include "report/cell_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace essaim {

bool IsHidden(const ResultTable& table, std::size_t row, std::size_t column) {
  const std::pair<int, int> cell(static_cast<int>(row), static_cast<int>(column));
  return std::find(table.hidden.begin(), table.hidden.end(), cell) != table.hidden.end();
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "";
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  const double size = std::fabs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e9)) return absl::StrFormat("%.3g", value);
  // Four significant digits, but never fewer than the whole part has.
  const int whole = size < 1 ? 0 : static_cast<int>(std::floor(std::log10(size))) + 1;
  const int decimals = size < 1 ? 4 : std::max(0, 5 - whole);
  std::string text = absl::StrFormat("%.*f", decimals, value);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string CountText(std::int64_t count) {
  std::string digits = absl::StrCat(count);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string PValueText(double p) {
  if (std::isnan(p)) return "";
  if (p < 0.0001) return "< 0.0001";
  return absl::StrFormat("%.*f", p < 0.01 ? 4 : 3, p);
}

std::string CellText(const ResultTable& table, std::size_t row, std::size_t column,
                     const CellStyle& style) {
  const ResultColumn& about = table.columns[column];
  if (IsHidden(table, row, column)) {
    if (about.kind == ColumnKind::kCount) return absl::StrCat("<", style.minimum_cell);
    return "hidden";
  }
  const Cell& cell = table.rows[row][column];
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* count = std::get_if<std::int64_t>(&cell)) {
    return style.exact ? absl::StrCat(*count) : CountText(*count);
  }
  const auto* number = std::get_if<double>(&cell);
  if (number == nullptr) return "";
  if (style.exact) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, *number);
    return error == std::errc() ? std::string(buffer, end) : "";
  }
  switch (about.kind) {
    case ColumnKind::kPValue:
      return PValueText(*number);
    case ColumnKind::kShare:
      return absl::StrFormat("%.1f %%", 100 * *number);
    case ColumnKind::kCount:
      return std::fabs(*number) < 0x1p53 && std::floor(*number) == *number
                 ? CountText(static_cast<std::int64_t>(*number))
                 : NumberText(*number);
    default:
      return NumberText(*number);
  }
}

std::string LabelText(const Label& label) {
  const bool exact = label.exactness == Exactness::kExact;
  std::string text = exact ? "exact: equal to the pooled analysis" : "approximate";
  if (label.tolerance > 0) {
    if (exact) {
      absl::StrAppendFormat(&text, " within %.0e relative", label.tolerance);
    } else {
      absl::StrAppendFormat(&text, ": within %g of the pooled analysis", label.tolerance);
    }
  }
  if (!label.reference.empty()) absl::StrAppend(&text, " (", label.reference, ")");
  return text;
}

}  // namespace essaim
