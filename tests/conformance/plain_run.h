// A run without engine, network or masks: what an algorithm does, and nothing else. For tests.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "base/compensated.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/secure_sum_maker.h"

namespace essaim::conformance {

// The sum of the nodes' statistics.
inline absl::StatusOr<std::vector<double>> SumOf(const Algorithm& algorithm, const State& state,
                                                 std::span<const PersonTable> nodes) {
  const std::size_t length = algorithm.LayoutFor(state).length();
  CompensatedVector total(length);
  for (const PersonTable& node : nodes) {
    std::vector<double> own(length);
    ESSAIM_RETURN_IF_ERROR(algorithm.LocalStatistic(node, state, own));
    total.Add(own);
  }
  std::vector<double> sum(length);
  for (std::size_t i = 0; i < length; ++i) sum[i] = total.Value(i);
  return sum;
}

// Every state from Start() to the one that is done; `nodes_of(round)` gives the nodes that answer.
// What nodes see has been encoded and decoded, as on the wire.
using NodesOf = std::function<std::span<const PersonTable>(int round)>;

inline absl::StatusOr<std::vector<State>> PlainStates(const Algorithm& algorithm,
                                                      const NodesOf& nodes_of) {
  std::vector<State> states = {algorithm.Start()};
  while (!states.back().done) {
    const State& state = states.back();
    if (state.round >= limits::kRoundsMax) return absl::InternalError("a run without an end");
    ESSAIM_ASSIGN_OR_RETURN(const State seen, State::Decode(state.Encode()));
    const std::span<const PersonTable> nodes = nodes_of(state.round);
    ESSAIM_ASSIGN_OR_RETURN(std::vector<double> sum, SumOf(algorithm, seen, nodes));
    std::vector<std::size_t> sites;
    for (const PersonTable& node : nodes) {
      if (sites.empty() || sites.back() != node.site()) sites.push_back(node.site());
    }
    ESSAIM_ASSIGN_OR_RETURN(
        State next,
        algorithm.Update(state, SecureSumMaker::Make(algorithm.LayoutFor(state), std::move(sum),
                                                     std::move(sites))));
    states.push_back(std::move(next));
  }
  return states;
}

inline absl::StatusOr<Result> PlainRun(const Algorithm& algorithm,
                                       std::span<const PersonTable> nodes) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<State> states,
                          PlainStates(algorithm, [nodes](int) { return nodes; }));
  return algorithm.ResultOf(states.back());
}

}  // namespace essaim::conformance
