#include "algorithms/descriptive/count.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class CountPersons final : public PartsAlgorithm {
 public:
  explicit CountPersons(Grouping by) : by_(std::move(by)) {
    counts_ = &AddPart<CountsPart>("count", std::vector<Axis>{AxisOf(by_)}, Axis{1, OneCell});
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "counts", .title = "Persons"};
    table.columns = {TextColumn("level", by_.grouped() ? by_.name() : "Persons"),
                     CountColumn("n", "n"), ShareColumn("share", "Share", 1)};
    std::int64_t total = 0;
    for (std::size_t i = 0; i < by_.n_cells(); ++i) total += counts_->Count(state, 0, i);
    for (std::size_t i = 0; i < by_.n_cells(); ++i) {
      const std::int64_t n = counts_->Count(state, 0, i);
      table.rows.push_back(
          {Text(i < by_.n_levels() ? by_.level(i) : kMissing), Count(n), Real(Share(n, total))});
      table.groups.push_back(0);
    }
    return Result{.algorithm = "descriptive/count",
                  .label = {.reference = "R 4.2.2 table()"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
  }

 private:
  static std::size_t OneCell(const PersonTable&, std::size_t) { return 0; }

  Grouping by_;
  const CountsPart* counts_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(Grouping by, Grouping::By(setup.schema, setup.params.Text("by")));
  return Checked(std::make_unique<CountPersons>(std::move(by)));
}

}  // namespace

AlgorithmInfo CountInfo() {
  return {.name = "descriptive/count",
          .title = "Count",
          .description = "Counts persons, in all or by the levels of a variable.",
          .params = {ByParam("The category or boolean to count by; none by default.")},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{Params{}, Params{{{"by", std::string("stage")}}}};
          }};
}

}  // namespace essaim::descriptive
