// Compares the survival of groups by the log-rank test or its G-rho relatives.
//
// Released:   per group n, observed and expected events, (O-E)^2/E, (O-E)^2/V; chi-squared, df, p.
// Statistic:  events[strata * groups * points] | censored[same], whole numbers.
// Input:      time on a declared grid, event, group (category or boolean), optional strata; rho >=
// 0. Additive:   per person: one person is one count, bound 1. Cost:       O(rows + strata * groups
// * points) a node; 1 round. Errors:     kInvalidArgument: a time off the grid;
// kFailedPrecondition: no events, or under two groups. Threads:    const methods may run
// concurrently. Reference:  Harrington & Fleming (1982). Golden: tests/golden/survival.json (R
// survdiff).
#pragma once

#include <memory>
#include <vector>

#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/survival/end_counts.h"
#include "algorithms/survival/rank_comparison.h"

namespace essaim::survival {

class LogRank final : public BlockSum {
 public:
  static AlgorithmInfo Info();
  static absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup);

  State Start() const override;
  Layout LayoutFor(const State& state) const override;
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override;
  absl::StatusOr<Result> ResultOf(const State& state) const override;

 protected:
  absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                               const State& state, std::span<double> out) const override;

 private:
  LogRank(EndCounts counts, double rho) : counts_(std::move(counts)), rho_(rho) {}

  EndCounts counts_;
  double rho_;
};

// The tables "groups" and "test" of a comparison.
std::vector<ResultTable> RankTestTables(const RankTest& test, const Grouping& groups);

}  // namespace essaim::survival
