// What the descriptive analyses share when they are set up.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algorithms/descriptive/grouping.h"

namespace essaim::descriptive {

inline ParamSpec ByParam(std::string description, bool required = false) {
  return {.name = "by",
          .type = ParamType::kVariable,
          .required = required,
          .description = std::move(description)};
}

inline ParamSpec LevelsParam() {
  return {.name = "levels",
          .type = ParamType::kTexts,
          .description =
              "The two levels of `by` to compare, first minus second; by default its "
              "levels if it has two."};
}

inline ParamSpec CorrectParam() {
  return {.name = "correct",
          .type = ParamType::kBool,
          .description = "Yates' continuity correction of two by two tables; true by default."};
}

// Indices of the variables named by the parameter; kInvalidArgument if one is a category.
inline absl::StatusOr<std::vector<std::size_t>> NumericIndices(
    const Schema& schema, const std::vector<std::string>& names) {
  std::vector<std::size_t> indices;
  for (const std::string& name : names) {
    absl::StatusOr<std::size_t> index = NumericIndex(schema, name);
    if (!index.ok()) return index.status();
    indices.push_back(*index);
  }
  return indices;
}

// The cells of the two levels to compare. kInvalidArgument if `levels` is not two of the
// grouping's, or is absent and the grouping has not two.
absl::StatusOr<std::pair<std::size_t, std::size_t>> TwoLevels(const Grouping& grouping,
                                                              const Params& params);

}  // namespace essaim::descriptive
