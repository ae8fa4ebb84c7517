#include "algorithms/descriptive/setup.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"

namespace essaim::descriptive {

absl::StatusOr<std::pair<std::size_t, std::size_t>> TwoLevels(const Grouping& grouping,
                                                              const Params& params) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < grouping.n_levels(); ++i) all.push_back(grouping.level(i));
  const std::vector<std::string> chosen = params.Has("levels") ? params.Texts("levels") : all;
  if (chosen.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("two levels are compared: choose them with "
                     "'levels' from ",
                     absl::StrJoin(all, ", ")));
  }
  std::vector<std::size_t> cells;
  for (const std::string& level : chosen) {
    const auto it = std::find(all.begin(), all.end(), level);
    if (it == all.end()) {
      return absl::InvalidArgumentError(absl::StrCat("'", grouping.name(), "' has no level '",
                                                     level, "'", DidYouMean(level, all)));
    }
    cells.push_back(static_cast<std::size_t>(it - all.begin()));
  }
  return std::make_pair(cells[0], cells[1]);
}

}  // namespace essaim::descriptive
