#include "algorithms/survival/log_rank.h"

#include <utility>

#include "base/status_macros.h"

namespace essaim::survival {

std::vector<ResultTable> RankTestTables(const RankTest& test, const Grouping& groups) {
  ResultTable table{.id = "groups", .title = "Observed and expected events"};
  table.columns = {{"group", "Group", ColumnKind::kText},
                   {"n", "Persons", ColumnKind::kCount},
                   {"observed", "Observed", ColumnKind::kNumber, 1},
                   {"expected", "Expected", ColumnKind::kNumber, 1},
                   {"variance", "Variance of O - E", ColumnKind::kNumber, 1},
                   {"oe_e", "(O - E)^2 / E", ColumnKind::kNumber, 1},
                   {"oe_v", "(O - E)^2 / V", ColumnKind::kNumber, 1}};
  const std::size_t n_groups = test.n.size();
  for (std::size_t g = 0; g < n_groups; ++g) {
    const double difference = test.observed[g] - test.expected[g];
    const double variance = test.variance[g * n_groups + g];
    const auto ratio = [&](double by) {
      return by > 0 ? Cell(difference * difference / by) : Cell();
    };
    table.rows.push_back({groups.level(g), static_cast<std::int64_t>(test.n[g]), test.observed[g],
                          test.expected[g], variance, ratio(test.expected[g]), ratio(variance)});
  }
  ResultTable answer{.id = "test", .title = "Test of equal survival"};
  answer.columns = {{"chi_squared", "Chi-squared", ColumnKind::kNumber},
                    {"df", "Degrees of freedom", ColumnKind::kNumber},
                    {"p_value", "p", ColumnKind::kPValue}};
  if (test.degrees_of_freedom > 0) {
    answer.rows.push_back(
        {test.chi_squared, static_cast<double>(test.degrees_of_freedom), test.p_value});
  }
  return {table, answer};
}

AlgorithmInfo LogRank::Info() {
  AlgorithmInfo info;
  info.name = "survival/log_rank";
  info.title = "Log-rank test";
  info.description = "Tests whether groups of persons survive alike, with optional strata.";
  info.params = SurvivalTime::Specs();
  info.params.push_back({.name = "group",
                         .type = ParamType::kVariable,
                         .required = true,
                         .description = "The category or boolean whose groups are compared."});
  info.params.push_back(
      {.name = "strata",
       .type = ParamType::kVariable,
       .description = "A category or boolean within whose levels groups are compared."});
  info.params.push_back(
      {.name = "rho",
       .type = ParamType::kNumber,
       .description = "Deaths weigh S(t)^rho: 0 log-rank, 1 Peto-Peto. Default 0.",
       .lower = 0,
       .upper = 10});
  info.make = Make;
  info.examples = [] {
    Params plain, weighted;
    plain.values = {{"time", "time"}, {"event", "event"}, {"group", "arm"}};
    weighted.values = {
        {"time", "time"}, {"event", "event"}, {"group", "stage"}, {"strata", "sex"}, {"rho", 1.0}};
    return std::vector<Params>{plain, weighted};
  };
  return info;
}

absl::StatusOr<std::unique_ptr<Algorithm>> LogRank::Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(EndCounts counts, EndCounts::Make(setup));
  return std::unique_ptr<Algorithm>(new LogRank(std::move(counts), setup.params.Number("rho", 0)));
}

State LogRank::Start() const { return {}; }

Layout LogRank::LayoutFor(const State&) const { return counts_.MakeLayout(); }

absl::Status LogRank::ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                                      const State&, std::span<double> out) const {
  return counts_.Add(table, begin, end, out);
}

absl::StatusOr<State> LogRank::Update(const State& state, const SecureSum& sum) const {
  State next = state;
  counts_.Store(sum, next);
  ++next.round;
  next.done = true;
  return next;
}

absl::StatusOr<Result> LogRank::ResultOf(const State& state) const {
  std::vector<std::vector<GroupCounts>> strata(counts_.strata().size());
  for (std::size_t s = 0; s < strata.size(); ++s) {
    for (std::size_t g = 0; g < counts_.groups().size(); ++g) {
      const std::size_t cell = counts_.CellOf(s, g);
      strata[s].push_back({counts_.Events(state, cell), counts_.Censored(state, cell)});
    }
  }
  const RankTest test = CompareGroups(strata, rho_);
  if (test.degrees_of_freedom == 0) {
    return absl::FailedPreconditionError(
        "no groups to compare: there is no event, or fewer than two groups have persons at risk");
  }
  Result result;
  result.algorithm = "survival/log_rank";
  result.label = {Exactness::kExact, 1e-10, "R 4.2.2 survival 3.5-3 survdiff()"};
  result.rounds = state.round;
  result.tables = RankTestTables(test, counts_.groups());
  return result;
}

}  // namespace essaim::survival
