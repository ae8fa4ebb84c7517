// The concordance of a risk score with survival: how often the person with the higher score has the
// event first. For a fitted model on held-out rows, or for a score that the data hold.
//
// Released:   C-index with standard error and the bound on its error, numbers of pairs, n, events.
// Statistic:  round 0: n[1] | event_points[points] | fine[65536]; round 1: events[times * bins] |
//             censored[times * bins]; whole numbers.
// Input:      time on a declared grid, event; `score`, or the terms and coefficients of a bound
// model. Additive:   per person: one person is one count, bound 1. Cost:       O(rows log times)
// time, O(times * bins) memory a node, at most 2^22 counts; 2 rounds. Errors:     kInvalidArgument:
// a time off the grid; kFailedPrecondition: no pair can be compared. Threads:    const methods may
// run concurrently. Reference:  Harrell (1996). Golden: tests/golden/survival.json (R
// survival::concordance).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/model/linear_predictor.h"
#include "algorithms/survival/survival_time.h"

namespace essaim::survival {

AlgorithmInfo ConcordanceInfo();

class Concordance final : public BlockSum {
 public:
  static absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup);

  State Start() const override { return {}; }

  Layout LayoutFor(const State& state) const override;
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override;
  absl::StatusOr<Result> ResultOf(const State& state) const override;

 protected:
  absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                               const State& state, std::span<double> out) const override;

 private:
  explicit Concordance(SurvivalTime time) : time_(std::move(time)) {}

  bool IsUsable(const State& state) const;
  absl::Status BindScore(const Setup& setup);
  // The scores of persons [begin, end), NaN where missing.
  std::vector<double> Scores(const PersonTable& table, std::size_t begin, std::size_t end) const;

  SurvivalTime time_;
  std::optional<LinearPredictor> model_;
  std::size_t score_ = 0;         // the variable, without a model
  double lower_ = 0, upper_ = 1;  // of the score
  double direction_ = 1;          // -1: a higher score means longer survival
  std::size_t bins_ = 1024;
};

}  // namespace essaim::survival
