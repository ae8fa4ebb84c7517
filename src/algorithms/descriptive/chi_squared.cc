#include "algorithms/descriptive/chi_squared.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/cross_counts.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class ChiSquaredAlone final : public PartsAlgorithm {
 public:
  explicit ChiSquaredAlone(CrossSetup cross) : cross_(std::move(cross)) {
    counts_ =
        &AddPart<CountsPart>("cross", std::vector<Axis>{AxisOf(cross_.row)}, AxisOf(cross_.column));
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    const ChiSquared test = TestCross(cross_, *counts_, state);
    if (test.test.p != test.test.p) {
      return absl::FailedPreconditionError(
          "fewer than two rows or columns have persons: there is nothing to test");
    }
    return Result{.algorithm = "descriptive/chi_squared",
                  .label = {.tolerance = 1e-12, .reference = "R 4.2.2 chisq.test()"},
                  .rounds = state.round,
                  .tables = {TestTable(test)},
                  .notes = TestNotes(test)};
  }

 private:
  CrossSetup cross_;
  const CountsPart* counts_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(CrossSetup cross, MakeCrossSetup(setup));
  return Checked(std::make_unique<ChiSquaredAlone>(std::move(cross)));
}

}  // namespace

AlgorithmInfo ChiSquaredInfo() {
  return {.name = "descriptive/chi_squared",
          .title = "Chi-squared test",
          .description = "Pearson's chi-squared test of independence of two categories.",
          .params = CrossParams(),
          .make = Make,
          .examples = CrossExamples};
}

}  // namespace essaim::descriptive
