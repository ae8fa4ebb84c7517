// Table 1 of 50 variables over a million persons at four nodes: rounds, and the time of a node's
// round. Checks what it times: three rounds, and the mean of a variable whose mean is known.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>

#include "algorithms/descriptive/table_one.h"
#include "base/check.h"
#include "tests/conformance/conformance_data.h"
#include "tests/conformance/plain_run.h"

namespace essaim {
namespace {

constexpr std::size_t kNumbers = 30, kCategories = 20, kNodes = 4;
constexpr int kRoundsAllowed = 3;

Schema WideSchema() {
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    variables.push_back({.name = "x" + std::to_string(i),
                         .kind = i % 2 == 0 ? VariableKind::kNumber : VariableKind::kInteger,
                         .upper = 1000});
  }
  for (std::size_t i = 0; i < kCategories; ++i) {
    variables.push_back({.name = "c" + std::to_string(i),
                         .kind = VariableKind::kCategory,
                         .levels = {"a", "b", "c", "d", "e"}});
  }
  variables.push_back({.name = "arm", .kind = VariableKind::kBoolean});
  auto schema = Schema::Make(std::move(variables));
  ESSAIM_CHECK(schema.ok());
  return *std::move(schema);
}

PersonTable MakeNode(const Schema& schema, std::size_t n, std::size_t site) {
  conformance::Lcg lcg(site + 1);
  std::vector<std::vector<double>> columns;
  for (const Variable& v : schema.variables()) {
    std::vector<double> column(n);
    for (double& x : column) {
      x = lcg.Uniform() * (v.upper - v.lower + (v.kind == VariableKind::kNumber ? 0 : 1)) + v.lower;
      if (v.kind != VariableKind::kNumber) x = std::floor(x);
    }
    columns.push_back(std::move(column));
  }
  auto table = PersonTable::Make(schema, std::move(columns), site);
  ESSAIM_CHECK(table.ok());
  return *std::move(table);
}

void TableOne(benchmark::State& bench) {
  const Schema schema = WideSchema();
  std::vector<std::string> names;
  for (const Variable& v : schema.variables()) {
    if (v.name != "arm") names.push_back(v.name);
  }
  Setup setup{.schema = schema, .params = {{{"variables", names}}}};
  if (bench.range(1) == 1) setup.params.values["by"] = std::string("arm");
  std::vector<PersonTable> nodes;
  for (std::size_t site = 0; site < kNodes; ++site) {
    nodes.push_back(MakeNode(schema, static_cast<std::size_t>(bench.range(0)) / kNodes, site));
  }
  const auto algorithm = descriptive::TableOneInfo().make(setup);
  ESSAIM_CHECK(algorithm.ok());
  int rounds = 0;
  for (auto _ : bench) {
    const auto result = conformance::PlainRun(**algorithm, nodes);
    ESSAIM_CHECK(result.ok());
    rounds = result->rounds;
    ESSAIM_CHECK(rounds <= kRoundsAllowed);
    const ResultTable* numbers = result->Find("numbers");
    ESSAIM_CHECK(numbers != nullptr && std::fabs(std::get<double>(numbers->rows[0][4]) - 500) < 5);
  }
  bench.counters["rounds"] = rounds;
  bench.counters["longest_vector"] =
      static_cast<double>((*algorithm)->LayoutFor((*algorithm)->Start()).length());
  bench.counters["s_per_node_round"] = benchmark::Counter(
      static_cast<double>(rounds) * kNodes,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK(TableOne)
    ->ArgNames({"persons", "by"})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 1})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace essaim

BENCHMARK_MAIN();
