#include "algorithms/descriptive/grouping.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::descriptive {

bool IsNumeric(const Variable& variable) {
  return variable.kind == VariableKind::kNumber || variable.kind == VariableKind::kInteger;
}

std::vector<std::string> LevelsOf(const Variable& variable) {
  if (variable.kind == VariableKind::kBoolean) return {"no", "yes"};
  return variable.levels;
}

absl::StatusOr<std::size_t> NumericIndex(const Schema& schema, const std::string& name) {
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t i, schema.Index(name));
  if (schema.variables()[i].kind == VariableKind::kCategory) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", name, "' is a category; a number is needed"));
  }
  return i;
}

absl::StatusOr<Grouping> Grouping::By(const Schema& schema, const std::string& variable) {
  Grouping grouping;
  if (variable.empty()) return grouping;
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t i, schema.Index(variable));
  if (IsNumeric(schema.variables()[i])) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", variable, "' is a number; a category or boolean is needed"));
  }
  grouping.variable_ = i;
  grouping.name_ = variable;
  grouping.levels_ = LevelsOf(schema.variables()[i]);
  return grouping;
}

}  // namespace essaim::descriptive
