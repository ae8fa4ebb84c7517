#include "data/schema.h"

#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

absl::Status CheckRange(const Variable& v) {
  if (!std::isfinite(v.lower) || !std::isfinite(v.upper)) {
    return absl::InvalidArgumentError(absl::StrCat("variable '", v.name, "': range is not finite"));
  }
  if (v.lower > v.upper) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", v.name, "': lower is above upper"));
  }
  // Above 2^53 doubles no longer tell neighbouring whole numbers apart.
  if (v.kind == VariableKind::kInteger &&
      (std::fabs(v.lower) > 0x1p53 || std::fabs(v.upper) > 0x1p53)) {
    return absl::InvalidArgumentError(
        absl::StrCat("variable '", v.name, "': whole numbers above 2^53 are not supported"));
  }
  return absl::OkStatus();
}

absl::Status CheckLevels(const Variable& v) {
  if (v.levels.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("category '", v.name, "' has no levels"));
  }
  if (v.levels.size() > limits::kLevelsMax) {
    return absl::InvalidArgumentError(absl::StrCat("category '", v.name, "' has ", v.levels.size(),
                                                   " levels, at most ", limits::kLevelsMax,
                                                   " allowed"));
  }
  std::set<std::string_view> seen;
  for (const std::string& level : v.levels) {
    if (!seen.insert(level).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("category '", v.name, "': level '", level, "' is given twice"));
    }
  }
  return absl::OkStatus();
}

// Categories and booleans have the range of their indices, whatever was written.
absl::Status CheckAndNormalise(Variable& v) {
  if (v.name.empty()) return absl::InvalidArgumentError("a variable has no name");
  if (v.name.size() > limits::kNameBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("the name of variable '", v.name.substr(0, 20),
                                                   "...' is above ", limits::kNameBytesMax,
                                                   " bytes"));
  }
  switch (v.kind) {
    case VariableKind::kNumber:
    case VariableKind::kInteger:
      return CheckRange(v);
    case VariableKind::kBoolean:
      v.lower = 0;
      v.upper = 1;
      return absl::OkStatus();
    case VariableKind::kCategory:
      ESSAIM_RETURN_IF_ERROR(CheckLevels(v));
      v.lower = 0;
      v.upper = static_cast<double>(v.levels.size() - 1);
      return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("variable '", v.name, "' is of no known kind"));
}

}  // namespace

absl::StatusOr<Schema> Schema::Make(std::vector<Variable> variables) {
  if (variables.size() > limits::kVariablesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(variables.size(), " variables, at most ", limits::kVariablesMax, " allowed"));
  }
  std::set<std::string> seen;
  for (Variable& v : variables) {
    ESSAIM_RETURN_IF_ERROR(CheckAndNormalise(v));
    if (!seen.insert(v.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("variable '", v.name, "' is given twice"));
    }
  }
  Schema schema;
  schema.variables_ = std::move(variables);
  return schema;
}

std::optional<std::size_t> Schema::Find(std::string_view name) const {
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i].name == name) return i;
  }
  return std::nullopt;
}

absl::StatusOr<std::size_t> Schema::Index(std::string_view name) const {
  if (const auto i = Find(name)) return *i;
  std::vector<std::string> names;
  names.reserve(variables_.size());
  for (const Variable& v : variables_) names.push_back(v.name);
  return absl::NotFoundError(
      absl::StrCat("there is no variable '", Av(name), "'", DidYouMean(name, names)));
}

}  // namespace essaim
