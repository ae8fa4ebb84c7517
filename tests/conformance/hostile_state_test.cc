// A node computes on states that others sent. Whatever they hold, it must answer with numbers that
// are finite or with an error; it must not crash. A program of its own: a crash ends it alone.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/testing/status_matchers.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/plain_run.h"

namespace essaim::conformance {
namespace {

constexpr std::size_t kTriedLengthMax = 1 << 20;

void Try(const Algorithm& algorithm, const PersonTable& table, const State& state) {
  const std::size_t length = algorithm.LayoutFor(state).length();
  if (length > kTriedLengthMax) return;
  std::vector<double> out(length);
  if (!algorithm.LocalStatistic(table, state, out).ok()) return;
  for (const double x : out) ASSERT_TRUE(std::isfinite(x));
}

std::vector<State> Mutations(const State& state) {
  const double hostile[] = {std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity(),
                            -1e300,
                            1e300,
                            -1,
                            0.5,
                            0x1p62};
  std::vector<State> all;
  State bare;
  bare.round = state.round;
  all.push_back(bare);
  for (const auto& [name, values] : state.vectors) {
    State changed = state;
    changed.vectors.erase(name);
    all.push_back(changed);
    changed.vectors[name] = {};
    all.push_back(changed);
    changed.vectors[name] = values;
    changed.vectors[name].push_back(1);
    all.push_back(changed);
    if (values.empty()) continue;
    changed.vectors[name] = {values.begin(), values.end() - 1};
    all.push_back(changed);
    for (const double x : hostile) {
      for (const std::size_t i : {std::size_t{0}, values.size() / 2, values.size() - 1}) {
        changed.vectors[name] = values;
        changed.vectors[name][i] = x;
        all.push_back(changed);
      }
      changed.vectors[name].assign(values.size(), x);
      all.push_back(changed);
    }
  }
  return all;
}

class HostileState : public ::testing::TestWithParam<Example> {};

TEST_P(HostileState, NeverCrashesANode) {
  ASSERT_OK_AND_ASSIGN(const auto algorithm, MakeExample(GetParam()));
  const std::vector<PersonTable> tables = ConformanceTables();
  const std::span<const PersonTable> nodes = tables;
  ASSERT_OK_AND_ASSIGN(const auto states, PlainStates(*algorithm, [&](int) { return nodes; }));
  for (const State& state : states) {
    for (const State& changed : Mutations(state)) Try(*algorithm, tables[0], changed);
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostileState, ::testing::ValuesIn(AllExamples()),
                         [](const auto& param_info) { return param_info.param.Name(); });

}  // namespace
}  // namespace essaim::conformance
