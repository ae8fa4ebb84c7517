// The cells that persons fall into: the levels of a variable, then one cell for the missing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/person_table.h"

namespace essaim::descriptive {

class Grouping {
 public:
  // Everyone in the one cell "all".
  Grouping() = default;
  // kInvalidArgument if the variable is neither a category nor a boolean. Empty name: Grouping().
  static absl::StatusOr<Grouping> By(const Schema& schema, const std::string& variable);

  bool grouped() const { return variable_.has_value(); }

  const std::string& name() const { return name_; }  // of the variable, "" if not grouped

  // Levels without the missing cell; 1 if not grouped.
  std::size_t n_levels() const { return levels_.size(); }

  // Levels and, if grouped, the missing cell, which is the last.
  std::size_t n_cells() const { return levels_.size() + (grouped() ? 1 : 0); }

  const std::string& level(std::size_t i) const { return levels_[i]; }

  std::size_t CellOf(const PersonTable& table, std::size_t person) const {
    if (!variable_) return 0;
    const double x = table.at(person, *variable_);
    return PersonTable::IsMissing(x) ? levels_.size() : static_cast<std::size_t>(x);
  }

 private:
  std::optional<std::size_t> variable_;
  std::string name_;
  std::vector<std::string> levels_ = {"all"};
};

bool IsNumeric(const Variable& variable);
// "no", "yes" for a boolean.
std::vector<std::string> LevelsOf(const Variable& variable);
// The index of a kNumber, kInteger or kBoolean variable. kInvalidArgument for a category.
absl::StatusOr<std::size_t> NumericIndex(const Schema& schema, const std::string& name);

}  // namespace essaim::descriptive
