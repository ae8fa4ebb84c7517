// Numbers and categories side by side, by group: what Table 1 and the standardised differences
// share.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/inference.h"
#include "algorithms/descriptive/moments_part.h"

namespace essaim::descriptive {

// The variables of an analysis, in the order asked.
struct Mixed {
  struct Entry {
    std::string name;
    bool numeric;
    std::size_t position;  // among the numbers, or among the categories
  };

  std::vector<Entry> entries;
  std::vector<std::size_t> numbers;  // indices of the schema
  std::vector<Grouping> categories;  // categories and booleans
};

// kInvalidArgument if `by` is among the names.
absl::StatusOr<Mixed> MakeMixed(const Schema& schema, const std::vector<std::string>& names,
                                const std::string& by);
std::vector<Axis> AxesOf(const std::vector<Grouping>& categories);
// Persons at each level of category `axis`, without the missing, in a column's cell.
std::vector<std::int64_t> LevelCounts(const CountsPart& counts, const State& state,
                                      std::size_t axis, std::size_t n_levels, std::size_t column);

}  // namespace essaim::descriptive
