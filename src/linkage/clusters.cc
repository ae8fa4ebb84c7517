#include "linkage/clusters.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace essaim::linkage {

std::vector<std::uint32_t> Clusters(
    std::size_t n_records, std::vector<Tie> ties,
    const std::function<bool(std::span<const std::uint32_t>, std::span<const std::uint32_t>)>&
        may_join) {
  std::vector<std::uint32_t> group(n_records);
  std::iota(group.begin(), group.end(), 0u);
  std::vector<std::vector<std::uint32_t>> members(n_records);
  for (std::uint32_t i = 0; i < n_records; ++i) members[i] = {i};
  std::ranges::sort(ties, [](const Tie& x, const Tie& y) {
    return std::tuple(-x.weight, x.a, x.b) < std::tuple(-y.weight, y.a, y.b);
  });
  for (const Tie& tie : ties) {
    const std::uint32_t into = std::min(group[tie.a], group[tie.b]);
    const std::uint32_t from = std::max(group[tie.a], group[tie.b]);
    if (into == from || !may_join(members[into], members[from])) continue;
    for (const std::uint32_t record : members[from]) group[record] = into;
    members[into].insert(members[into].end(), members[from].begin(), members[from].end());
    members[from].clear();
  }
  return group;
}

}  // namespace essaim::linkage
