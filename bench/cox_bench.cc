// Cox on a million persons, ten years of days, one event in ten persons, four nodes one after the
// other: the whole fit. Checks what it times: coefficients within five standard errors of those the
// data were made with.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "algo/registry.h"
#include "algorithms/survival/register.h"
#include "base/check.h"
#include "engine/secure_sum_maker.h"

namespace essaim {
namespace {

constexpr std::size_t kNodes = 4;
constexpr double kDays = 3650;

// A linear congruential generator: the same rows everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  double Next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>((state_ >> 11) + 1) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

double TrueCoefficient(std::size_t j) { return j % 3 == 0 ? 0.3 : j % 3 == 1 ? -0.2 : 0.0; }

Schema MakeSchema(std::size_t p) {
  std::vector<Variable> variables = {
      {.name = "time", .kind = VariableKind::kInteger, .lower = 0, .upper = kDays},
      {.name = "event", .kind = VariableKind::kBoolean}};
  for (std::size_t j = 0; j < p; ++j) {
    variables.push_back({.name = "x" + std::to_string(j), .lower = -2, .upper = 2});
  }
  auto schema = Schema::Make(std::move(variables));
  ESSAIM_CHECK(schema.ok());
  return *std::move(schema);
}

PersonTable MakeNode(const Schema& schema, std::size_t n, std::size_t p, std::size_t site) {
  Dice dice(site + 1);
  std::vector<std::vector<double>> columns(2 + p, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    double eta = 0;
    for (std::size_t j = 0; j < p; ++j) {
      columns[2 + j][i] = 4 * dice.Next() - 2;
      eta += TrueCoefficient(j) * columns[2 + j][i];
    }
    const double failure = std::ceil(-std::log(dice.Next()) * std::exp(-eta) * 30'000);
    const double censoring = std::ceil(kDays * dice.Next()) / 2 + kDays / 2;
    columns[0][i] = std::min({failure, std::floor(censoring), kDays});
    columns[1][i] = failure <= columns[0][i] ? 1 : 0;
  }
  auto table = PersonTable::Make(schema, std::move(columns), site);
  ESSAIM_CHECK(table.ok());
  return *std::move(table);
}

State Fit(const Algorithm& cox, const std::vector<PersonTable>& nodes) {
  State state = cox.Start();
  while (!state.done) {
    const Layout layout = cox.LayoutFor(state);
    std::vector<double> total(layout.length()), own(layout.length());
    for (const PersonTable& node : nodes) {
      std::fill(own.begin(), own.end(), 0.0);
      ESSAIM_CHECK(cox.LocalStatistic(node, state, own).ok());
      for (std::size_t i = 0; i < own.size(); ++i) total[i] += own[i];
    }
    auto next = cox.Update(state, SecureSumMaker::Make(layout, std::move(total), {0, 1, 2, 3}));
    ESSAIM_CHECK(next.ok());
    state = *std::move(next);
  }
  return state;
}

void CoxFit(benchmark::State& bench) {
  const auto persons = static_cast<std::size_t>(bench.range(0));
  const auto p = static_cast<std::size_t>(bench.range(1));
  const Schema schema = MakeSchema(p);
  std::vector<PersonTable> nodes;
  for (std::size_t s = 0; s < kNodes; ++s)
    nodes.push_back(MakeNode(schema, persons / kNodes, p, s));
  std::vector<std::string> terms;
  for (std::size_t j = 0; j < p; ++j) terms.push_back("x" + std::to_string(j));
  Registry registry;
  RegisterSurvival(registry);
  Setup setup{.schema = schema, .sites = {"a", "b", "c", "d"}};
  setup.params.values = {{"time", "time"},
                         {"event", "event"},
                         {"terms", terms},
                         {"ties", bench.range(2) == 1 ? "efron" : "breslow"},
                         {"stratify_by_site", bench.range(3) == 1}};
  auto made = registry.Make("survival/cox", setup);
  ESSAIM_CHECK(made.ok());
  State state;
  for (auto _ : bench) state = Fit(**made, nodes);
  auto result = (*made)->ResultOf(state);
  ESSAIM_CHECK(result.ok());
  const ResultTable& table = *result->Find("coefficients");
  for (std::size_t j = 0; j < p; ++j) {
    const double error = std::get<double>(table.rows[j][1]) - TrueCoefficient(j);
    ESSAIM_CHECK(std::abs(error) < 5 * std::get<double>(table.rows[j][2]));
  }
  bench.counters["rounds"] = result->rounds;
  bench.counters["events"] =
      static_cast<double>(std::get<std::int64_t>(result->Find("fit")->rows[0][1]));
}

BENCHMARK(CoxFit)
    ->ArgNames({"persons", "covariates", "efron", "by_site"})
    ->Args({1'000'000, 10, 0, 0})
    ->Args({1'000'000, 10, 1, 0})
    ->Args({1'000'000, 20, 1, 0})
    ->Args({1'000'000, 20, 1, 1})
    ->Unit(benchmark::kSecond)
    ->Iterations(1);

}  // namespace
}  // namespace essaim

BENCHMARK_MAIN();
