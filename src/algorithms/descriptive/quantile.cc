#include "algorithms/descriptive/quantile.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/descriptive/order_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

constexpr int kRoundsDefault = 3;
constexpr std::size_t kProbabilitiesMax = 1000;

class Quantiles final : public PartsAlgorithm {
 public:
  Quantiles(std::string name, Grid grid, bool on_grid, Grouping by, OrderOptions options)
      : name_(std::move(name)),
        resolution_(grid.resolution),
        on_grid_(on_grid),
        by_(std::move(by)),
        options_(std::move(options)) {
    order_ = &AddPart<OrderPart>("quantile", std::vector<Grid>{grid}, by_, options_);
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "quantiles", .title = "Quantiles of " + name_};
    table.columns = {TextColumn("level", by_.grouped() ? by_.name() : "Persons"),
                     CountColumn("n", "n"), NumberColumn("probability", "Probability"),
                     NumberColumn("quantile", "Quantile", 1)};
    for (std::size_t level = 0; level < by_.n_levels(); ++level) {
      for (std::size_t q = 0; q < options_.probabilities.size(); ++q) {
        table.rows.push_back({Text(by_.level(level)), Count(order_->N(state, 0, level)),
                              Cell(options_.probabilities[q]),
                              Real(order_->Quantile(state, 0, level, q))});
      }
    }
    Result result{
        .algorithm = "descriptive/quantile",
        .label = {.tolerance = 1e-12,
                  .reference = absl::StrCat("R 4.2.2 quantile(type = ", options_.type, ")")},
        .rounds = state.round,
        .tables = {std::move(table)}};
    if (!on_grid_) {
      result.label.exactness = Exactness::kApproximate;
      result.label.tolerance = resolution_ / 2;
      result.notes.push_back(
          absl::StrCat("Exact where values are multiples of ", resolution_, "."));
    }
    return result;
  }

 private:
  std::string name_;
  double resolution_;
  bool on_grid_;  // every value that the schema allows is a multiple of the resolution
  Grouping by_;
  OrderOptions options_;
  const OrderPart* order_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  const Params& params = setup.params;
  const std::string name = params.Text("variable");
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t variable, NumericIndex(setup.schema, name));
  ESSAIM_ASSIGN_OR_RETURN(Grouping by, Grouping::By(setup.schema, params.Text("by")));
  OrderOptions options{.probabilities = params.Numbers("probabilities"),
                       .type = params.Text("type", "7") == "1" ? 1 : 7,
                       .rounds = params.Integer("rounds", kRoundsDefault)};
  if (options.probabilities.size() > kProbabilitiesMax) {
    return absl::InvalidArgumentError("parameter 'probabilities': at most 1000 at once");
  }
  if (options.probabilities.empty()) options.probabilities = {0.25, 0.5, 0.75};
  const double resolution =
      params.Number("resolution", DefaultResolution(setup.schema.variables()[variable]));
  ESSAIM_ASSIGN_OR_RETURN(const Grid grid,
                          MakeGrid(setup.schema, variable, resolution, options.rounds));
  auto quantiles = std::make_unique<Quantiles>(name, grid, OnGrid(setup.schema, grid),
                                               std::move(by), std::move(options));
  return Checked(std::move(quantiles));
}

}  // namespace

AlgorithmInfo QuantileInfo() {
  return {
      .name = "descriptive/quantile",
      .title = "Quantiles",
      .description = "Quantiles of a number, exact to a declared resolution.",
      .params = {{.name = "variable",
                  .type = ParamType::kVariable,
                  .required = true,
                  .description = "A number."},
                 ByParam("The category or boolean to describe by; none by default."),
                 {.name = "probabilities",
                  .type = ParamType::kNumbers,
                  .description = "Between 0 and 1; the quartiles by default.",
                  .lower = 0.001,
                  .upper = 0.999},
                 {.name = "type",
                  .type = ParamType::kText,
                  .description = "Hyndman and Fan's definition; 7, R's own, by default.",
                  .choices = {"1", "7"}},
                 {.name = "resolution",
                  .type = ParamType::kNumber,
                  .description = "The step that values are told apart by; by default 1 for whole "
                                 "numbers, else the power of ten that cuts the range into 1,000 "
                                 "to 10,000 steps."},
                 {.name = "rounds",
                  .type = ParamType::kInteger,
                  .description = "Rounds to answer in; 3 by default. Fewer make longer messages.",
                  .lower = 1,
                  .upper = 40}},
      .make = Make,
      .examples = [] {
        return std::vector<Params>{Params{{{"variable", std::string("age")}}},
                                   Params{{{"variable", std::string("cost")},
                                           {"by", std::string("stage")},
                                           {"probabilities", std::vector<double>{0.1, 0.5, 0.9}},
                                           {"type", std::string("1")},
                                           {"resolution", 0.001},
                                           {"rounds", 5.0}}}};
      }};
}

}  // namespace essaim::descriptive
