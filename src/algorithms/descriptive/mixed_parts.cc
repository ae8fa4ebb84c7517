#include "algorithms/descriptive/mixed_parts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::descriptive {

absl::StatusOr<Mixed> MakeMixed(const Schema& schema, const std::vector<std::string>& names,
                                const std::string& by) {
  Mixed mixed;
  for (const std::string& name : names) {
    if (name == by) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "' makes the groups: it cannot be described by itself"));
    }
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t i, schema.Index(name));
    const bool numeric = IsNumeric(schema.variables()[i]);
    mixed.entries.push_back({.name = name,
                             .numeric = numeric,
                             .position = numeric ? mixed.numbers.size() : mixed.categories.size()});
    if (numeric) {
      mixed.numbers.push_back(i);
    } else {
      ESSAIM_ASSIGN_OR_RETURN(Grouping category, Grouping::By(schema, name));
      mixed.categories.push_back(std::move(category));
    }
  }
  return mixed;
}

std::vector<Axis> AxesOf(const std::vector<Grouping>& categories) {
  std::vector<Axis> axes;
  for (const Grouping& category : categories) axes.push_back(AxisOf(category));
  return axes;
}

std::vector<std::int64_t> LevelCounts(const CountsPart& counts, const State& state,
                                      std::size_t axis, std::size_t n_levels, std::size_t column) {
  std::vector<std::int64_t> levels;
  for (std::size_t i = 0; i < n_levels; ++i) levels.push_back(counts.Count(state, axis, i, column));
  return levels;
}

}  // namespace essaim::descriptive
