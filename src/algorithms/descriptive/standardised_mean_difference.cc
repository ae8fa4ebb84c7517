#include "algorithms/descriptive/standardised_mean_difference.h"

#include <memory>
#include <numeric>
#include <utility>

#include "algorithms/descriptive/mixed_parts.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class Differences final : public PartsAlgorithm {
 public:
  Differences(const Schema& schema, Mixed mixed, Grouping by, std::size_t first, std::size_t second)
      : mixed_(std::move(mixed)), by_(std::move(by)), first_(first), second_(second) {
    moments_ = &AddPart<MomentsPart>("moments", schema, mixed_.numbers, by_, 2);
    counts_ = &AddPart<CountsPart>("counts", AxesOf(mixed_.categories), AxisOf(by_));
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "differences", .title = "Standardised differences"};
    table.columns = {TextColumn("variable", "Variable"),
                     CountColumn("n_first", "n, " + by_.level(first_)),
                     CountColumn("n_second", "n, " + by_.level(second_)),
                     NumberColumn("difference", "Standardised difference", 1)};
    for (const Mixed::Entry& entry : mixed_.entries) {
      table.rows.push_back(entry.numeric ? NumberRow(entry, state) : LevelsRow(entry, state));
    }
    return Result{.algorithm = "descriptive/standardised_mean_difference",
                  .label = {.tolerance = 1e-10, .reference = "Yang & Dalton (2012)"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
  }

 private:
  std::vector<Cell> NumberRow(const Mixed::Entry& entry, const State& state) const {
    const Moments a = moments_->Of(state, entry.position, first_);
    const Moments b = moments_->Of(state, entry.position, second_);
    return {Text(entry.name), Count(a.n), Count(b.n), Real(MeanDifference(a, b))};
  }

  std::vector<Cell> LevelsRow(const Mixed::Entry& entry, const State& state) const {
    const std::size_t n_levels = mixed_.categories[entry.position].n_levels();
    const auto a = LevelCounts(*counts_, state, entry.position, n_levels, first_);
    const auto b = LevelCounts(*counts_, state, entry.position, n_levels, second_);
    return {Text(entry.name), Count(std::accumulate(a.begin(), a.end(), std::int64_t{0})),
            Count(std::accumulate(b.begin(), b.end(), std::int64_t{0})),
            Real(LevelsDifference(a, b))};
  }

  Mixed mixed_;
  Grouping by_;
  std::size_t first_, second_;
  const MomentsPart* moments_;
  const CountsPart* counts_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  const std::string by_name = setup.params.Text("by");
  ESSAIM_ASSIGN_OR_RETURN(Grouping by, Grouping::By(setup.schema, by_name));
  ESSAIM_ASSIGN_OR_RETURN(const auto cells, TwoLevels(by, setup.params));
  ESSAIM_ASSIGN_OR_RETURN(Mixed mixed,
                          MakeMixed(setup.schema, setup.params.Texts("variables"), by_name));
  return Checked(std::make_unique<Differences>(setup.schema, std::move(mixed), std::move(by),
                                               cells.first, cells.second));
}

}  // namespace

AlgorithmInfo StandardisedMeanDifferenceInfo() {
  return {.name = "descriptive/standardised_mean_difference",
          .title = "Standardised mean difference",
          .description = "How far the variables of two groups are apart, in standard deviations.",
          .params = {{.name = "variables",
                      .type = ParamType::kVariables,
                      .required = true,
                      .description = "Any variables."},
                     ByParam("The category or boolean that makes the groups.", true),
                     LevelsParam()},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{
                Params{{{"variables", std::vector<std::string>{"age", "cost", "sex", "stage"}},
                        {"by", std::string("arm")}}}};
          }};
}

}  // namespace essaim::descriptive
