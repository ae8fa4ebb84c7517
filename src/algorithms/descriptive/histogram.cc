#include "algorithms/descriptive/histogram.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/bins.h"
#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

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
                     EdgesParam(),
                     BinsParam(),
                     ClosedParam()},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{Params{{{"variable", std::string("age")}}},
                                       Params{{{"variable", std::string("visits")},
                                               {"edges", std::vector<double>{1, 2, 5, 10}},
                                               {"closed", std::string("left")}}}};
          }};
}

}  // namespace essaim::descriptive
