#include "algorithms/descriptive/histogram.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

constexpr int kBinsDefault = 20;
constexpr int kBinsMax = 10'000;

struct Bins {
  std::vector<double> edges;  // ascending, two or more
  bool right_closed = true;

  std::size_t size() const { return edges.size() - 1; }

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

class Histogram final : public PartsAlgorithm {
 public:
  Histogram(std::string name, std::size_t variable, Bins bins)
      : name_(std::move(name)), bins_(std::move(bins)) {
    Axis axis{.n_cells = bins_.size() + 3,
              .cell_of = [bins = bins_, variable](const PersonTable& table, std::size_t person) {
                return bins.CellOf(table.at(person, variable));
              }};
    counts_ =
        &AddPart<CountsPart>("histogram", std::vector<Axis>{std::move(axis)}, AxisOf(Grouping()));
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "bins", .title = "Histogram of " + name_};
    table.columns = {TextColumn("bin", "Bin"), NumberColumn("lower", "From"),
                     NumberColumn("upper", "To"), CountColumn("n", "n"),
                     ShareColumn("share", "Share of all", 3)};
    std::int64_t total = 0;
    for (std::size_t i = 0; i < bins_.size() + 3; ++i) total += counts_->Count(state, 0, i);
    const char* const others[] = {"(below)", "(above)", kMissing};
    for (std::size_t i = 0; i < bins_.size() + 3; ++i) {
      const std::int64_t n = counts_->Count(state, 0, i);
      const bool inside = i < bins_.size();
      table.rows.push_back({Text(inside ? std::to_string(i + 1) : others[i - bins_.size()]),
                            inside ? Cell(bins_.edges[i]) : Cell(std::monostate()),
                            inside ? Cell(bins_.edges[i + 1]) : Cell(std::monostate()), Count(n),
                            Real(Share(n, total))});
      table.groups.push_back(0);
    }
    return Result{.algorithm = "descriptive/histogram",
                  .label = {.reference = "R 4.2.2 hist(plot = FALSE)"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
  }

 private:
  std::string name_;
  Bins bins_;
  const CountsPart* counts_;
};

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

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  const std::string name = setup.params.Text("variable");
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t variable, NumericIndex(setup.schema, name));
  ESSAIM_ASSIGN_OR_RETURN(Bins bins, MakeBins(setup.schema.variables()[variable], setup.params));
  return Checked(std::make_unique<Histogram>(name, variable, std::move(bins)));
}

}  // namespace

AlgorithmInfo HistogramInfo() {
  return {.name = "descriptive/histogram",
          .title = "Histogram",
          .description = "Persons in each bin of a number.",
          .params = {{.name = "variable",
                      .type = ParamType::kVariable,
                      .required = true,
                      .description = "A number."},
                     {.name = "edges",
                      .type = ParamType::kNumbers,
                      .description = "The edges of the bins, ascending."},
                     {.name = "bins",
                      .type = ParamType::kInteger,
                      .description = "Equal bins of the declared range; 20 by default.",
                      .lower = 1,
                      .upper = kBinsMax},
                     {.name = "closed",
                      .type = ParamType::kText,
                      .description = "The edge that belongs to a bin; right by default.",
                      .choices = {"right", "left"}}},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{Params{{{"variable", std::string("age")}}},
                                       Params{{{"variable", std::string("visits")},
                                               {"edges", std::vector<double>{1, 2, 5, 10}},
                                               {"closed", std::string("left")}}}};
          }};
}

}  // namespace essaim::descriptive
