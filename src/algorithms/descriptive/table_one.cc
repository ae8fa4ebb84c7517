#include "algorithms/descriptive/table_one.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/descriptive/mixed_parts.h"
#include "algorithms/descriptive/order_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

constexpr int kRounds = 3;

struct Plan {
  Mixed mixed;
  Grouping by;
  std::vector<Grid> grids;
  bool on_grid = true;  // quartiles are exact, not to a resolution
  bool correct = true;
};

class TableOne final : public PartsAlgorithm {
 public:
  TableOne(const Schema& schema, Plan plan) : plan_(std::move(plan)) {
    const Grouping& by = plan_.by;
    strata_ = &AddPart<CountsPart>("strata", std::vector<Axis>{AxisOf(by)}, AxisOf(Grouping()));
    moments_ = &AddPart<MomentsPart>("moments", schema, plan_.mixed.numbers, by, 2);
    order_ = &AddPart<OrderPart>(
        "order", plan_.grids, by,
        OrderOptions{.probabilities = {0.25, 0.5, 0.75}, .type = 7, .rounds = kRounds});
    counts_ = &AddPart<CountsPart>("counts", AxesOf(plan_.mixed.categories), AxisOf(by));
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    Result result{.algorithm = "descriptive/table_one",
                  .label = {.tolerance = 1e-10, .reference = "R 4.2.2"},
                  .rounds = state.round,
                  .tables = {Strata(state), Numbers(state), Categories(state)}};
    if (plan_.by.grouped()) result.tables.push_back(Tests(state));
    if (!plan_.on_grid) {
      double coarsest = 0;
      for (const Grid& g : plan_.grids) coarsest = std::max(coarsest, g.resolution);
      result.label.exactness = Exactness::kApproximate;
      result.label.tolerance = coarsest / 2;
      result.notes.push_back(
          "Counts, means, deviations and tests are exact; medians and quartiles are exact to the "
          "resolution of their variable.");
    }
    return result;
  }

 private:
  ResultTable Strata(const State& state) const {
    ResultTable table{.id = "strata", .title = "Persons"};
    table.columns = {TextColumn("stratum", Stratum()), CountColumn("n", "n")};
    for (std::size_t s = 0; s < plan_.by.n_cells(); ++s) {
      table.rows.push_back({Text(s < plan_.by.n_levels() ? plan_.by.level(s) : kMissing),
                            Count(strata_->Count(state, 0, s))});
      table.groups.push_back(0);
    }
    return table;
  }

  ResultTable Numbers(const State& state) const {
    ResultTable table{.id = "numbers", .title = "Numbers"};
    table.columns = {TextColumn("variable", "Variable"),
                     TextColumn("stratum", Stratum()),
                     CountColumn("n", "n"),
                     CountColumn("missing", "Missing"),
                     NumberColumn("mean", "Mean", 2),
                     NumberColumn("sd", "Standard deviation", 2),
                     NumberColumn("median", "Median", 2),
                     NumberColumn("q1", "First quartile", 2),
                     NumberColumn("q3", "Third quartile", 2)};
    for (const Mixed::Entry& e : plan_.mixed.entries) {
      if (!e.numeric) continue;
      for (std::size_t s = 0; s < plan_.by.n_levels(); ++s) {
        const Moments m = moments_->Of(state, e.position, s);
        table.rows.push_back({Text(e.name), Text(plan_.by.level(s)), Count(m.n), Count(m.missing()),
                              Real(m.mean), Real(m.sd()),
                              Real(order_->Quantile(state, e.position, s, 1)),
                              Real(order_->Quantile(state, e.position, s, 0)),
                              Real(order_->Quantile(state, e.position, s, 2))});
      }
    }
    return table;
  }

  // The levels of one variable in one stratum add up to the stratum's persons: one group.
  ResultTable Categories(const State& state) const {
    ResultTable table{.id = "categories", .title = "Categories"};
    table.columns = {TextColumn("variable", "Variable"), TextColumn("level", "Level"),
                     TextColumn("stratum", Stratum()), CountColumn("n", "n"),
                     ShareColumn("share", "Share of those with a value", 3)};
    int group = 0;
    for (const Mixed::Entry& e : plan_.mixed.entries) {
      if (e.numeric) continue;
      const Grouping& g = plan_.mixed.categories[e.position];
      for (std::size_t s = 0; s < plan_.by.n_levels(); ++s, ++group) {
        std::int64_t valid = 0;
        for (const auto n : LevelCounts(*counts_, state, e.position, g.n_levels(), s)) valid += n;
        for (std::size_t i = 0; i < g.n_cells(); ++i) {
          const bool level = i < g.n_levels();
          const std::int64_t n = counts_->Count(state, e.position, i, s);
          table.rows.push_back({Text(e.name), Text(level ? g.level(i) : kMissing),
                                Text(plan_.by.level(s)), Count(n),
                                level ? Real(Share(n, valid)) : Cell(std::monostate())});
          table.groups.push_back(group);
        }
      }
    }
    return table;
  }

  ResultTable Tests(const State& state) const {
    ResultTable table{.id = "tests", .title = "Comparison of strata"};
    table.columns = {TextColumn("variable", "Variable"),
                     TextColumn("test", "Test"),
                     CountColumn("n", "n"),
                     NumberColumn("statistic", "Statistic", 2),
                     NumberColumn("df", "df", 2),
                     NumberColumn("df2", "df of the denominator", 2),
                     PValueColumn(),
                     NumberColumn("smd", "Standardised mean difference", 2)};
    for (const Mixed::Entry& e : plan_.mixed.entries) {
      table.rows.push_back(e.numeric ? NumberTest(e, state) : CategoryTest(e, state));
    }
    return table;
  }

  std::vector<Cell> NumberTest(const Mixed::Entry& e, const State& state) const {
    std::vector<Moments> groups;
    std::int64_t n = 0;
    for (std::size_t s = 0; s < plan_.by.n_levels(); ++s) {
      groups.push_back(moments_->Of(state, e.position, s));
      n += groups.back().n;
    }
    const bool two = groups.size() == 2;
    const TestValue test = two ? WelchT(groups[0], groups[1]).test : OneWayAnova(groups).test;
    const double smd = MeanOfPairs(groups.size(), [&](std::size_t a, std::size_t b) {
      return std::fabs(MeanDifference(groups[a], groups[b]));
    });
    return {Text(e.name),  Text(two ? "Welch t" : "ANOVA F"),
            Count(n),      Real(test.statistic),
            Real(test.df), Real(test.df2),
            Real(test.p),  Real(smd)};
  }

  std::vector<Cell> CategoryTest(const Mixed::Entry& e, const State& state) const {
    const Grouping& g = plan_.mixed.categories[e.position];
    const std::size_t strata = plan_.by.n_levels();
    std::vector<std::vector<std::int64_t>> levels;
    std::vector<std::int64_t> cells(g.n_levels() * strata);
    for (std::size_t s = 0; s < strata; ++s) {
      levels.push_back(LevelCounts(*counts_, state, e.position, g.n_levels(), s));
      for (std::size_t i = 0; i < g.n_levels(); ++i) cells[i * strata + s] = levels[s][i];
    }
    const ChiSquared test = ChiSquaredTest(cells, strata, plan_.correct);
    const double smd = MeanOfPairs(strata, [&](std::size_t a, std::size_t b) {
      return LevelsDifference(levels[a], levels[b]);
    });
    return {Text(e.name),       Text("chi-squared"), Count(test.n),     Real(test.test.statistic),
            Real(test.test.df), Real(test.test.df2), Real(test.test.p), Real(smd)};
  }

  // Over pairs of strata; as tableone does for three or more.
  template <typename Difference>
  static double MeanOfPairs(std::size_t n, const Difference& difference) {
    double total = 0, pairs = 0;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b, ++pairs) total += difference(a, b);
    }
    return total / pairs;
  }

  std::string Stratum() const { return plan_.by.grouped() ? plan_.by.name() : "Persons"; }

  Plan plan_;
  const CountsPart* strata_;
  const MomentsPart* moments_;
  const OrderPart* order_;
  const CountsPart* counts_;
};

absl::Status MakeGrids(const Setup& setup, Plan& plan) {
  const std::vector<double> resolutions = setup.params.Numbers("resolutions");
  const std::vector<std::size_t>& numbers = plan.mixed.numbers;
  if (!resolutions.empty() && resolutions.size() != numbers.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter 'resolutions': expected one for each of the ", numbers.size(),
                     " numbers among the variables, not ", resolutions.size()));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double resolution = resolutions.empty()
                                  ? DefaultResolution(setup.schema.variables()[numbers[i]])
                                  : resolutions[i];
    ESSAIM_ASSIGN_OR_RETURN(Grid grid, MakeGrid(setup.schema, numbers[i], resolution, kRounds));
    plan.on_grid = plan.on_grid && OnGrid(setup.schema, grid);
    plan.grids.push_back(grid);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  const std::string by = setup.params.Text("by");
  Plan plan{.correct = setup.params.Bool("correct", true)};
  ESSAIM_ASSIGN_OR_RETURN(plan.by, Grouping::By(setup.schema, by));
  if (plan.by.grouped() && plan.by.n_levels() < 2) {
    return absl::InvalidArgumentError(absl::StrCat("'", by, "' has one level: nothing to compare"));
  }
  ESSAIM_ASSIGN_OR_RETURN(plan.mixed, MakeMixed(setup.schema, setup.params.Texts("variables"), by));
  ESSAIM_RETURN_IF_ERROR(MakeGrids(setup, plan));
  return Checked(std::make_unique<TableOne>(setup.schema, std::move(plan)));
}

}  // namespace

AlgorithmInfo TableOneInfo() {
  return {.name = "descriptive/table_one",
          .title = "Table 1",
          .description = "Describes a study population, optionally by strata with tests.",
          .params = {{.name = "variables",
                      .type = ParamType::kVariables,
                      .required = true,
                      .description = "Any variables."},
                     ByParam("The category or boolean that makes the strata; none by default."),
                     {.name = "resolutions",
                      .type = ParamType::kNumbers,
                      .description = "The step that medians and quartiles are exact to, one for "
                                     "each number among the variables; by default 1 for whole "
                                     "numbers, else the power of ten that cuts the range into "
                                     "1,000 to 10,000 steps."},
                     CorrectParam()},
          .make = Make,
          .examples = [] {
            const std::vector<std::string> variables = {"age", "visits", "cost", "sex", "stage"};
            return std::vector<Params>{
                Params{{{"variables", variables}}},
                Params{{{"variables", variables}, {"by", std::string("arm")}}},
                Params{{{"variables", std::vector<std::string>{"age", "outcome", "arm"}},
                        {"by", std::string("stage")}}}};
          }};
}

}  // namespace essaim::descriptive
