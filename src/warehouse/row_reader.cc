#include "warehouse/row_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/nearest.h"
#include "base/strings.h"
#include "study/yaml_tree.h"

namespace essaim {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr char kOutside[] = "outside its range";

std::string_view Trim(std::string_view cell) {
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
  while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
  return cell;
}

bool ParseNumber(std::string_view cell, double& value) {
  const char* begin = cell.data();
  const char* const end = begin + cell.size();
  if (cell.size() > 1 && *begin == '+' && begin[1] != '-') ++begin;
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() && stop == end && std::isfinite(value);
}

}  // namespace

absl::StatusOr<RowReader> RowReader::Make(const SchemaFile& schema,
                                          const std::vector<std::string>& header) {
  RowReader reader;
  std::vector<bool> used(header.size(), false);
  for (std::size_t v = 0; v < schema.sources.size(); ++v) {
    const SourceColumn& source = schema.sources[v];
    const Variable& variable = schema.schema.variables()[v];
    const auto found = std::find(header.begin(), header.end(), source.name);
    if (found == header.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the file has no column '", source.name, "'", DidYouMean(source.name, header),
          ", expected it for the variable ", variable.name));
    }
    Column column;
    column.source = source.name;
    column.position = static_cast<std::size_t>(found - header.begin());
    used[column.position] = true;
    column.kind = variable.kind;
    column.is_date = source.is_date;
    column.lower = variable.lower;
    column.upper = variable.upper;
    column.missing = source.missing;
    for (std::size_t level = 0; level < source.codes.size(); ++level) {
      for (const std::string& code : source.codes[level]) {
        column.codes.emplace(code, static_cast<double>(level));
      }
    }
    column.range_text =
        absl::StrCat("outside [", YamlNumber(column.lower), ", ", YamlNumber(column.upper), "]");
    reader.columns_.push_back(std::move(column));
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (!used[i]) reader.ignored_.push_back(header[i]);
  }
  return reader;
}

// Null if the cell is good, else why it is not.
const char* RowReader::Value(const Column& column, std::string_view cell, double& value) const {
  cell = Trim(cell);
  for (const std::string& code : column.missing) {
    if (cell == code) {
      value = kMissing;
      return nullptr;
    }
  }
  if (cell.empty()) return "empty, and empty is not one of its codes for missing";
  if (column.kind == VariableKind::kBoolean || column.kind == VariableKind::kCategory) {
    const auto found = column.codes.find(cell);
    if (found == column.codes.end()) {
      return column.kind == VariableKind::kBoolean ? "neither a code for true nor one for false"
                                                   : "not one of its levels";
    }
    value = found->second;
    return nullptr;
  }
  if (column.is_date) {
    const auto days = ParseDate(cell);
    if (!days.ok()) return "not a date, expected YYYY-MM-DD";
    value = static_cast<double>(*days);
  } else if (!ParseNumber(cell, value)) {
    return "not a number";
  }
  if (column.kind == VariableKind::kInteger && value != std::floor(value)) {
    return "not a whole number";
  }
  return value >= column.lower && value <= column.upper ? nullptr : kOutside;
}

bool RowReader::Read(std::span<const std::string_view> cells, std::span<double> values) {
  for (std::size_t v = 0; v < columns_.size(); ++v) {
    const Column& column = columns_[v];
    const char* fault = Value(column, cells[column.position], values[v]);
    if (fault == nullptr) continue;
    bad_ = v;
    reason_ = fault == kOutside && !column.is_date ? column.range_text : fault;
    return false;
  }
  return true;
}

}  // namespace essaim
