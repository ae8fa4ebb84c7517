// Evaluates a probability of a yes/no outcome: discrimination, calibration and usefulness.
//
// Released:   AUC with DeLong's interval and the bound from ties inside bins, ROC curve; accuracy,
//             sensitivity, specificity, predictive values at a threshold; Brier score, log loss;
//             calibration table, ECE, MCE, calibration slope and intercept, Hosmer-Lemeshow; net
//             benefit of the model and of treating all.
// Statistic:  n | positives[bins] | negatives[bins] | expected[bins] | confusion[4] | losses[2] |
//             calibration n, y, p [3 x calibration_bins] | decision tp, fp [2 x thresholds] |
//             recalibration[7]. Every round sends all of it.
// Input:      outcome, a boolean or a category of two levels (the second is yes); a fitted binomial
//             model, or `score`, a variable in [0, 1]. Complete rows take part.
// Additive:   per person; counts are 0 or 1, losses and logits are clipped where p is within 1e-15
//             of 0 or 1.
// Cost:       O(rows) time, O(bins) memory a node; 3 to 8 rounds (a logistic regression of two
//             coefficients decides).
// Errors:     kInvalidArgument unless exactly one of a model and a score is there, and usable;
//             kFailedPrecondition if nobody, or only one class, is left.
// Threads:    const methods may run concurrently.
// Reference:  DeLong et al. (1988), Biometrics 44; Hosmer and Lemeshow (1980); Vickers and Elkin
//             (2006), Med Decis Making 26; Cox (1958), Biometrika 45. Golden:
//             tests/golden/evaluation.json (R 4.2.2, pROC 1.18.0).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/evaluation/scores.h"

namespace essaim::evaluation {

class Classification final : public BlockSum {
 public:
  static absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup);
  static AlgorithmInfo Info();

  State Start() const override;
  Layout LayoutFor(const State& state) const override;
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override;
  absl::StatusOr<Result> ResultOf(const State& state) const override;

 protected:
  absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                               const State& state, std::span<double> out) const override;

 private:
  struct Offsets;

  Classification() = default;
  bool Accepts(const State& state) const;
  void AddPerson(bool yes, double p, std::span<const double> recalibration, const Offsets& at,
                 std::span<double> out) const;
  void AddDiscrimination(const State& state, Result& result) const;
  void AddThreshold(const State& state, Result& result) const;
  void AddCalibration(const State& state, Result& result) const;
  void AddHosmerLemeshow(const State& state, Result& result) const;
  void AddDecision(const State& state, Result& result) const;

  Scores scores_;
  std::size_t bins_ = 4096;
  std::size_t calibration_bins_ = 10;
  std::size_t groups_ = 10;
  double threshold_ = 0.5;
  double level_ = 0.95;
  std::vector<double> thresholds_;
};

}  // namespace essaim::evaluation
