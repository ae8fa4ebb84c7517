#include "algorithms/descriptive/two_sample_t.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/groups_table.h"
#include "algorithms/descriptive/inference.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"
#include "math/distributions.h"

namespace essaim::descriptive {
namespace {

struct Options {
  std::size_t first = 0, second = 1;  // cells of the grouping
  bool pooled = false;
  double level = 0.95;
};

class TTest final : public PartsAlgorithm {
 public:
  TTest(const Schema& schema, std::size_t variable, Grouping by, Options options)
      : by_(std::move(by)), options_(options) {
    moments_ = &AddPart<MomentsPart>("moments", schema, std::vector<std::size_t>{variable}, by_, 2);
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    const Moments a = moments_->Of(state, 0, options_.first);
    const Moments b = moments_->Of(state, 0, options_.second);
    const TwoMeans t = options_.pooled ? PooledT(a, b) : WelchT(a, b);
    if (t.test.p != t.test.p) {
      return absl::FailedPreconditionError(
          "a group has too few values, or nothing varies: there is nothing to test");
    }
    const double reach = StudentTQuantile(0.5 + options_.level / 2, t.test.df) * t.std_error;
    ResultTable table{.id = "test",
                      .title = options_.pooled ? "t test, pooled variance" : "Welch's t test"};
    table.columns = {CountColumn("n", "n"),
                     NumberColumn("statistic", "t", 0),
                     NumberColumn("df", "df", 0),
                     PValueColumn(),
                     NumberColumn("difference", "Difference of means", 0),
                     NumberColumn("std_error", "Standard error", 0),
                     NumberColumn("lower", "Lower limit", 0),
                     NumberColumn("upper", "Upper limit", 0)};
    table.rows = {{Count(a.n + b.n), Real(t.test.statistic), Real(t.test.df), Real(t.test.p),
                   Real(t.difference), Real(t.std_error), Real(t.difference - reach),
                   Real(t.difference + reach)}};
    return Result{.algorithm = "descriptive/t_test",
                  .label = {.tolerance = 1e-10, .reference = "R 4.2.2 t.test()"},
                  .rounds = state.round,
                  .tables = {GroupsTable(by_, *moments_, state, {options_.first, options_.second}),
                             std::move(table)}};
  }

 private:
  Grouping by_;
  Options options_;
  const MomentsPart* moments_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  const Params& params = setup.params;
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t variable,
                          NumericIndex(setup.schema, params.Text("variable")));
  ESSAIM_ASSIGN_OR_RETURN(Grouping by, Grouping::By(setup.schema, params.Text("by")));
  ESSAIM_ASSIGN_OR_RETURN(const auto cells, TwoLevels(by, params));
  const Options options{.first = cells.first,
                        .second = cells.second,
                        .pooled = params.Text("variance", "welch") == "pooled",
                        .level = params.Number("confidence", 0.95)};
  return Checked(std::make_unique<TTest>(setup.schema, variable, std::move(by), options));
}

}  // namespace

AlgorithmInfo TTestInfo() {
  return {.name = "descriptive/t_test",
          .title = "Two-sample t test",
          .description = "Compares the means of a number in two groups.",
          .params = {{.name = "variable",
                      .type = ParamType::kVariable,
                      .required = true,
                      .description = "A number or boolean."},
                     ByParam("The category or boolean that makes the groups.", true),
                     LevelsParam(),
                     {.name = "variance",
                      .type = ParamType::kText,
                      .description = "Welch's test (the default) or a pooled variance.",
                      .choices = {"welch", "pooled"}},
                     {.name = "confidence",
                      .type = ParamType::kNumber,
                      .description = "Of the interval; 0.95 by default.",
                      .lower = 0.5,
                      .upper = 0.9999}},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{
                Params{{{"variable", std::string("age")}, {"by", std::string("arm")}}},
                Params{{{"variable", std::string("cost")},
                        {"by", std::string("stage")},
                        {"levels", std::vector<std::string>{"II", "I"}},
                        {"variance", std::string("pooled")}}}};
          }};
}

}  // namespace essaim::descriptive
