// Estimates survival over time by the product-limit method, in groups if asked, and compares them.
//
// Released:   per group and time: at risk, events, censored, S, std errors, interval, Nelson-Aalen
// hazard;
//             per group: persons, events, restricted mean, median with interval; log-rank test of
//             groups.
// Statistic:  events[groups * points] | censored[groups * points], whole numbers.
// Input:      time on a declared grid, event, optional group (category or boolean).
// Additive:   per person: one person is one count, bound 1.
// Cost:       O(rows + groups * points) a node; 1 round.
// Errors:     kInvalidArgument: a time off the grid; kFailedPrecondition: nobody with a time and an
// end. Threads:    const methods may run concurrently. Reference:  Kaplan & Meier (1958), Greenwood
// (1926). Golden: tests/golden/survival.json (R survfit).
#pragma once

#include <memory>
#include <vector>

#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/survival/end_counts.h"
#include "algorithms/survival/survival_curve.h"

namespace essaim::survival {

class KaplanMeier final : public BlockSum {
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
  explicit KaplanMeier(EndCounts counts) : counts_(std::move(counts)) {}

  ResultTable SurvivalTable(const std::vector<SurvivalCurve>& curves) const;
  ResultTable SummaryTable(const std::vector<SurvivalCurve>& curves) const;
  Curve SurvivalPlot(const std::vector<SurvivalCurve>& curves) const;

  EndCounts counts_;
  CurveOptions options_;
  bool common_horizon_ = true;
  double horizon_ = 0;         // 0: not given
  std::vector<double> times_;  // to report at; empty: every time at which something happened
};

}  // namespace essaim::survival
