#include "data/person_table.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim {
namespace {

bool Allowed(const Variable& v, double x) {
  if (PersonTable::IsMissing(x)) return true;
  if (!(x >= v.lower && x <= v.upper)) return false;
  return v.kind == VariableKind::kNumber || x == std::nearbyint(x);
}

// The message never shows the value: it may identify a patient.
absl::Status CheckColumn(const Variable& v, const std::vector<double>& column) {
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!Allowed(v, column[i])) {
      return absl::InvalidArgumentError(absl::StrCat("variable '", v.name, "', row ", i,
                                                     ": the value is outside the range or kind "
                                                     "that the schema declares"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PersonTable> PersonTable::Make(Schema schema,
                                              std::vector<std::vector<double>> columns,
                                              std::size_t site) {
  if (columns.size() != schema.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(columns.size(), " columns for ", schema.size(), " variables"));
  }
  const std::size_t n = columns.empty() ? 0 : columns.front().size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Variable& v = schema.variables()[i];
    if (columns[i].size() != n) {
      return absl::InvalidArgumentError(absl::StrCat("variable '", v.name, "' has ",
                                                     columns[i].size(), " rows, others have ", n));
    }
    ESSAIM_RETURN_IF_ERROR(CheckColumn(v, columns[i]));
  }
  PersonTable table;
  table.schema_ = std::move(schema);
  table.columns_ = std::move(columns);
  table.n_persons_ = n;
  table.site_ = site;
  return table;
}

PersonTable PersonTable::Select(std::span<const std::size_t> persons) const {
  PersonTable out;
  out.schema_ = schema_;
  out.site_ = site_;
  out.n_persons_ = persons.size();
  out.columns_.reserve(columns_.size());
  for (const std::vector<double>& column : columns_) {
    std::vector<double> picked;
    picked.reserve(persons.size());
    for (const std::size_t person : persons) picked.push_back(column[person]);
    out.columns_.push_back(std::move(picked));
  }
  return out;
}

}  // namespace essaim
