#include "algorithms/descriptive/moments.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/moments_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class MomentsTable final : public PartsAlgorithm {
 public:
  MomentsTable(const Schema& schema, std::vector<std::string> names,
               std::vector<std::size_t> variables, Grouping by)
      : names_(std::move(names)), by_(std::move(by)) {
    moments_ = &AddPart<MomentsPart>("moments", schema, std::move(variables), by_, 3);
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "moments", .title = "Moments"};
    table.columns = {TextColumn("variable", "Variable"),
                     TextColumn("level", by_.grouped() ? by_.name() : "Persons"),
                     CountColumn("n", "n"),
                     CountColumn("missing", "Missing"),
                     NumberColumn("mean", "Mean", 2),
                     NumberColumn("variance", "Variance", 2),
                     NumberColumn("sd", "Standard deviation", 2),
                     NumberColumn("skewness", "Skewness", 2)};
    for (std::size_t v = 0; v < names_.size(); ++v) {
      for (std::size_t cell = 0; cell < by_.n_levels(); ++cell) {
        const Moments m = moments_->Of(state, v, cell);
        table.rows.push_back({Text(names_[v]), Text(by_.level(cell)), Count(m.n),
                              Count(m.missing()), Real(m.mean), Real(m.variance), Real(m.sd()),
                              Real(m.skewness)});
      }
    }
    return Result{.algorithm = "descriptive/moments",
                  .label = {.tolerance = 1e-12, .reference = "R 4.2.2 mean(), var()"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
  }

 private:
  std::vector<std::string> names_;
  Grouping by_;
  const MomentsPart* moments_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  std::vector<std::string> names = setup.params.Texts("variables");
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::size_t> variables, NumericIndices(setup.schema, names));
  ESSAIM_ASSIGN_OR_RETURN(Grouping by, Grouping::By(setup.schema, setup.params.Text("by")));
  return Checked(std::make_unique<MomentsTable>(setup.schema, std::move(names),
                                                std::move(variables), std::move(by)));
}

}  // namespace

AlgorithmInfo MomentsInfo() {
  return {.name = "descriptive/moments",
          .title = "Moments",
          .description = "Number of values, mean, variance, standard deviation and skewness.",
          .params = {{.name = "variables",
                      .type = ParamType::kVariables,
                      .required = true,
                      .description = "Numbers or booleans."},
                     ByParam("The category or boolean to describe by; none by default.")},
          .make = Make,
          .examples = [] {
            const std::vector<std::string> variables = {"age", "dose", "visits", "cost", "sex"};
            return std::vector<Params>{
                Params{{{"variables", variables}}},
                Params{{{"variables", variables}, {"by", std::string("stage")}}}};
          }};
}

}  // namespace essaim::descriptive
