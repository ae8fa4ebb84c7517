// The table of groups that tests of means show.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "algo/result.h"
#include "algorithms/descriptive/grouping.h"
#include "algorithms/descriptive/moments_part.h"
#include "algorithms/descriptive/render.h"

namespace essaim::descriptive {

// Variable 0 of `moments` in the cells given.
inline ResultTable GroupsTable(const Grouping& by, const MomentsPart& moments, const State& state,
                               const std::vector<std::size_t>& cells) {
  ResultTable table{.id = "groups", .title = "Groups"};
  table.columns = {TextColumn("level", by.name()), CountColumn("n", "n"),
                   CountColumn("missing", "Missing"), NumberColumn("mean", "Mean", 1),
                   NumberColumn("sd", "Standard deviation", 1)};
  for (const std::size_t cell : cells) {
    const Moments m = moments.Of(state, 0, cell);
    table.rows.push_back(
        {Text(by.level(cell)), Count(m.n), Count(m.missing()), Real(m.mean), Real(m.sd())});
  }
  return table;
}

}  // namespace essaim::descriptive
