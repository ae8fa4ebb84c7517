#include "algorithms/descriptive/bins.h"

#include <functional>

namespace essaim::descriptive {
namespace {

constexpr int kBinsDefault = 20;

}  // namespace

absl::StatusOr<Bins> MakeBins(const Variable& v, const Params& params) {
  Bins bins{.edges = params.Numbers("edges"),
            .right_closed = params.Text("closed", "right") == "right"};
  if (!bins.edges.empty()) {
    if (params.Has("bins")) {
      return absl::InvalidArgumentError("give either 'edges' or 'bins', not both");
    }
    if (bins.edges.size() < 2 || bins.edges.size() > kBinsMax + 1 ||
        std::adjacent_find(bins.edges.begin(), bins.edges.end(), std::greater_equal<>()) !=
            bins.edges.end()) {
      return absl::InvalidArgumentError("parameter 'edges': expected two or more, ascending");
    }
    return bins;
  }
  if (v.lower >= v.upper) {
    return absl::InvalidArgumentError("the range of the variable is one value: give 'edges'");
  }
  const int n = params.Integer("bins", kBinsDefault);
  for (int i = 0; i <= n; ++i) bins.edges.push_back(v.lower + (v.upper - v.lower) * i / n);
  bins.edges.back() = v.upper;
  return bins;
}

ParamSpec EdgesParam() {
  return {.name = "edges",
          .type = ParamType::kNumbers,
          .description = "The edges of the bins, ascending."};
}

ParamSpec BinsParam() {
  return {.name = "bins",
          .type = ParamType::kInteger,
          .description = "Equal bins of the declared range; 20 by default.",
          .lower = 1,
          .upper = kBinsMax};
}

ParamSpec ClosedParam() {
  return {.name = "closed",
          .type = ParamType::kText,
          .description = "The edge that belongs to a bin; right by default.",
          .choices = {"right", "left"}};
}

}  // namespace essaim::descriptive
