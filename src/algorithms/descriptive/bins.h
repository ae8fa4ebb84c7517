// Bins of a number: declared edges, or equal bins of its declared range.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/params.h"
#include "data/person_table.h"

namespace essaim::descriptive {

inline constexpr int kBinsMax = 10'000;

struct Bins {
  std::vector<double> edges;  // ascending, two or more
  bool right_closed = true;

  std::size_t size() const { return edges.size() - 1; }

  std::size_t n_cells() const { return size() + 3; }

  // The bin, then below (size), above (size + 1), missing (size + 2).
  std::size_t CellOf(double x) const {
    if (PersonTable::IsMissing(x)) return size() + 2;
    if (x < edges.front()) return size();
    if (x > edges.back()) return size() + 1;
    const auto it = right_closed ? std::lower_bound(edges.begin(), edges.end(), x)
                                 : std::upper_bound(edges.begin(), edges.end(), x);
    const auto above = static_cast<std::size_t>(it - edges.begin());
    return std::clamp<std::size_t>(above, 1, size()) - 1;  // the outermost edges are inside
  }
};

// kInvalidArgument for edges that do not ascend, or both edges and bins.
absl::StatusOr<Bins> MakeBins(const Variable& variable, const Params& params);

ParamSpec EdgesParam();
ParamSpec BinsParam();
ParamSpec ClosedParam();

}  // namespace essaim::descriptive
