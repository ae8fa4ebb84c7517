#include "algorithms/descriptive/anova.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/groups_table.h"
#include "algorithms/descriptive/inference.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class Anova final : public PartsAlgorithm {
 public:
  Anova(const Schema& schema, std::size_t variable, Grouping by) : by_(std::move(by)) {
    moments_ = &AddPart<MomentsPart>("moments", schema, std::vector<std::size_t>{variable}, by_, 2);
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    std::vector<Moments> groups;
    std::vector<std::size_t> cells;
    std::int64_t n = 0;
    for (std::size_t i = 0; i < by_.n_levels(); ++i) {
      cells.push_back(i);
      groups.push_back(moments_->Of(state, 0, i));
      n += groups.back().n;
    }
    const AnovaTable anova = OneWayAnova(groups);
    const TestValue& f = anova.test;
    if (f.p != f.p) {
      return absl::FailedPreconditionError(
          "fewer than two groups have values, or nothing varies within them");
    }
    ResultTable table{.id = "test", .title = "Analysis of variance"};
    table.columns = {TextColumn("source", "Source"),
                     CountColumn("n", "n"),
                     NumberColumn("df", "df", 1),
                     NumberColumn("sum_of_squares", "Sum of squares", 1),
                     NumberColumn("mean_square", "Mean square", 1),
                     NumberColumn("statistic", "F", 1),
                     PValueColumn()};
    table.rows = {{Text("between"), Count(n), Real(f.df), Real(anova.between),
                   Real(anova.between / f.df), Real(f.statistic), Real(f.p)},
                  {Text("within"), Count(n), Real(f.df2), Real(anova.within),
                   Real(anova.within / f.df2), std::monostate(), std::monostate()}};
    return Result{.algorithm = "descriptive/anova",
                  .label = {.tolerance = 1e-10, .reference = "R 4.2.2 aov()"},
                  .rounds = state.round,
                  .tables = {GroupsTable(by_, *moments_, state, cells), std::move(table)}};
  }

 private:
  Grouping by_;
  const MomentsPart* moments_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t variable,
                          NumericIndex(setup.schema, setup.params.Text("variable")));
  ESSAIM_ASSIGN_OR_RETURN(Grouping by, Grouping::By(setup.schema, setup.params.Text("by")));
  return Checked(std::make_unique<Anova>(setup.schema, variable, std::move(by)));
}

}  // namespace

AlgorithmInfo AnovaInfo() {
  return {.name = "descriptive/anova",
          .title = "Analysis of variance",
          .description = "Compares the means of a number in several groups.",
          .params = {{.name = "variable",
                      .type = ParamType::kVariable,
                      .required = true,
                      .description = "A number or boolean."},
                     ByParam("The category or boolean that makes the groups.", true)},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{
                Params{{{"variable", std::string("cost")}, {"by", std::string("stage")}}}};
          }};
}

}  // namespace essaim::descriptive
