#include "algorithms/descriptive/cross_table.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/cross_counts.h"
#include "algorithms/descriptive/render.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class CrossTable final : public PartsAlgorithm {
 public:
  explicit CrossTable(CrossSetup cross) : cross_(std::move(cross)) {
    counts_ =
        &AddPart<CountsPart>("cross", std::vector<Axis>{AxisOf(cross_.row)}, AxisOf(cross_.column));
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    const ChiSquared test = TestCross(cross_, *counts_, state);
    return Result{.algorithm = "descriptive/cross_table",
                  .label = {.tolerance = 1e-12, .reference = "R 4.2.2 table(), chisq.test()"},
                  .rounds = state.round,
                  .tables = {Cells(state), TestTable(test)},
                  .notes = TestNotes(test)};
  }

 private:
  ResultTable Cells(const State& state) const {
    ResultTable table{.id = "cells", .title = cross_.row.name() + " by " + cross_.column.name()};
    table.columns = {TextColumn("row", cross_.row.name()),
                     TextColumn("column", cross_.column.name()), CountColumn("n", "n"),
                     ShareColumn("share", "Share of all", 2)};
    std::int64_t total = 0;
    for (std::size_t i = 0; i < cross_.row.n_cells(); ++i) {
      for (std::size_t j = 0; j < cross_.column.n_cells(); ++j) {
        total += counts_->Count(state, 0, i, j);
      }
    }
    for (std::size_t i = 0; i < cross_.row.n_cells(); ++i) {
      for (std::size_t j = 0; j < cross_.column.n_cells(); ++j) {
        const std::int64_t n = counts_->Count(state, 0, i, j);
        table.rows.push_back(
            {Text(i < cross_.row.n_levels() ? cross_.row.level(i) : kMissing),
             Text(j < cross_.column.n_levels() ? cross_.column.level(j) : kMissing), Count(n),
             Real(Share(n, total))});
        table.groups.push_back(0);
      }
    }
    return table;
  }

  CrossSetup cross_;
  const CountsPart* counts_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(CrossSetup cross, MakeCrossSetup(setup));
  return Checked(std::make_unique<CrossTable>(std::move(cross)));
}

}  // namespace

AlgorithmInfo CrossTableInfo() {
  return {.name = "descriptive/cross_table",
          .title = "Cross-table",
          .description =
              "Persons in each pair of levels of two categories, with the missing, and "
              "the chi-squared test.",
          .params = CrossParams(),
          .make = Make,
          .examples = CrossExamples};
}

}  // namespace essaim::descriptive
