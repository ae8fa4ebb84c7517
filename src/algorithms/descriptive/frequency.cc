#include "algorithms/descriptive/frequency.h"

#include <memory>
#include <utility>

#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

class FrequencyTables final : public PartsAlgorithm {
 public:
  explicit FrequencyTables(std::vector<Grouping> variables) : variables_(std::move(variables)) {
    std::vector<Axis> rows;
    for (const Grouping& v : variables_) rows.push_back(AxisOf(v));
    counts_ = &AddPart<CountsPart>("frequency", std::move(rows), AxisOf(Grouping()));
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "frequencies", .title = "Frequencies"};
    table.columns = {TextColumn("variable", "Variable"), TextColumn("level", "Level"),
                     CountColumn("n", "n"), ShareColumn("share", "Share of all", 2),
                     ShareColumn("valid_share", "Share of those with a value", 2)};
    for (std::size_t v = 0; v < variables_.size(); ++v) {
      const Grouping& g = variables_[v];
      std::int64_t valid = 0;
      for (std::size_t i = 0; i < g.n_levels(); ++i) valid += counts_->Count(state, v, i);
      const std::int64_t total = valid + counts_->Count(state, v, g.n_levels());
      for (std::size_t i = 0; i < g.n_cells(); ++i) {
        const std::int64_t n = counts_->Count(state, v, i);
        const bool level = i < g.n_levels();
        table.rows.push_back({Text(g.name()), Text(level ? g.level(i) : kMissing), Count(n),
                              Real(Share(n, total)),
                              level ? Real(Share(n, valid)) : Cell(std::monostate())});
        table.groups.push_back(static_cast<int>(v));
      }
    }
    return Result{.algorithm = "descriptive/frequency",
                  .label = {.reference = "R 4.2.2 table()"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
  }

 private:
  std::vector<Grouping> variables_;
  const CountsPart* counts_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  std::vector<Grouping> variables;
  for (const std::string& name : setup.params.Texts("variables")) {
    ESSAIM_ASSIGN_OR_RETURN(Grouping v, Grouping::By(setup.schema, name));
    variables.push_back(std::move(v));
  }
  return Checked(std::make_unique<FrequencyTables>(std::move(variables)));
}

}  // namespace

AlgorithmInfo FrequencyInfo() {
  return {.name = "descriptive/frequency",
          .title = "Frequency table",
          .description = "Persons at each level of categories and booleans, with the missing.",
          .params = {{.name = "variables",
                      .type = ParamType::kVariables,
                      .required = true,
                      .description = "Categories or booleans."}},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{
                Params{{{"variables", std::vector<std::string>{"stage", "sex", "arm"}}}}};
          }};
}

}  // namespace essaim::descriptive
