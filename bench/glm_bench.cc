// One round of a logistic regression over 1 M persons and 20 covariates, one thread, beside a
// direct loop over the same columns. The two must agree, or the bench fails; the ratio is reported.
//
//   glm_bench --benchmark_min_time=3
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/regression/register.h"
#include "base/check.h"

namespace essaim {
namespace {

constexpr std::size_t kPersons = 1'000'000;
constexpr std::size_t kCovariates = 20;
constexpr std::size_t kColumns = kCovariates + 1;

struct Problem {
  PersonTable table;
  std::unique_ptr<Algorithm> algorithm;
  State state;
};

double Uniform(std::uint64_t& seed) {
  seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(seed >> 11) * 0x1p-53;
}

Problem MakeProblem() {
  std::uint64_t seed = 7;
  std::vector<Variable> variables;
  std::vector<std::vector<double>> columns(kCovariates + 1, std::vector<double>(kPersons));
  std::vector<std::string> terms;
  for (std::size_t j = 0; j < kCovariates; ++j) {
    terms.push_back("x" + std::to_string(j));
    variables.push_back(Variable{.name = terms.back(), .lower = -1, .upper = 1});
    for (double& x : columns[j]) x = 2 * Uniform(seed) - 1;
  }
  variables.push_back(Variable{.name = "y", .kind = VariableKind::kBoolean});
  for (std::size_t i = 0; i < kPersons; ++i) {
    const double eta = columns[0][i] - columns[1][i];
    columns[kCovariates][i] = Uniform(seed) < 1 / (1 + std::exp(-eta)) ? 1 : 0;
  }
  Setup setup;
  auto schema = Schema::Make(std::move(variables));
  ESSAIM_CHECK(schema.ok());
  setup.schema = *schema;
  setup.sites = {"a"};
  setup.params.values["outcome"] = std::string("y");
  setup.params.values["family"] = std::string("binomial");
  setup.params.values["terms"] = terms;
  auto table = PersonTable::Make(*schema, std::move(columns));
  ESSAIM_CHECK(table.ok());
  Registry registry;
  RegisterRegression(registry);
  auto algorithm = registry.Make("regression/glm", setup);
  ESSAIM_CHECK(algorithm.ok());
  Problem problem{*std::move(table), *std::move(algorithm), {}};
  problem.state = problem.algorithm->Start();
  problem.state.Set("iteration", 1);
  problem.state.vectors["beta"] = std::vector<double>(kColumns, 0.1);
  return problem;
}

const Problem& TheProblem() {
  static const Problem* const problem = new Problem(MakeProblem());
  return *problem;
}

std::vector<double> Round() {
  const Problem& p = TheProblem();
  std::vector<double> out(p.algorithm->LayoutFor(p.state).length());
  ESSAIM_CHECK(p.algorithm->LocalStatistic(p.table, p.state, out).ok());
  return out;
}

// What one writes by hand: row by row, information, score and deviance.
std::vector<double> Direct() {
  const Problem& p = TheProblem();
  const std::vector<double>& beta = p.state.Get("beta");
  std::vector<const double*> columns;
  for (std::size_t j = 0; j < kCovariates; ++j) columns.push_back(p.table.column(j).data());
  const double* const y = p.table.column(kCovariates).data();
  std::vector<double> out(kColumns * (kColumns + 1) / 2 + kColumns + 1);
  double* const score = out.data() + kColumns * (kColumns + 1) / 2;
  double x[kColumns] = {1};
  for (std::size_t i = 0; i < kPersons; ++i) {
    double eta = beta[0];
    for (std::size_t j = 1; j < kColumns; ++j) {
      x[j] = columns[j - 1][i];
      eta += beta[j] * x[j];
    }
    const double mu = 1 / (1 + std::exp(-eta));
    const double w = mu * (1 - mu);
    double* a = out.data();
    for (std::size_t j = 0; j < kColumns; ++j) {
      const double wx = w * x[j];
      for (std::size_t k = 0; k <= j; ++k) *a++ += wx * x[k];
      score[j] += (y[i] - mu) * x[j];
    }
    score[kColumns] -= 2 * std::log(y[i] == 1 ? mu : 1 - mu);
  }
  return out;
}

double Seconds(std::vector<double> (*run)()) {
  const auto begin = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(run());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void BM_LogisticRound(benchmark::State& state) {
  const std::vector<double> round = Round();
  const std::vector<double> direct = Direct();
  for (std::size_t k = 0; k < direct.size(); ++k) {  // after n, bad, bad outcome, extreme, weights
    const double near = 1e-9 * (std::fabs(direct[k]) + 1);
    ESSAIM_CHECK(std::fabs(round[6 + k] - direct[k]) < near);
  }
  double ours = 0, theirs = 0;
  for (auto _ : state) {
    const double t = Seconds(Round);
    theirs += Seconds(Direct);
    ours += t;
    state.SetIterationTime(t);
  }
  state.counters["ratio_to_direct_loop"] = ours / theirs;
  state.counters["persons_per_s"] = benchmark::Counter(
      static_cast<double>(kPersons), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(BM_LogisticRound)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace essaim

BENCHMARK_MAIN();
