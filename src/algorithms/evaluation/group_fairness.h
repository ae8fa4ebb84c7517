// Whether a probability of a yes/no outcome serves groups of persons alike.
//
// Released:   by group: persons, share with the outcome, selection rate, true and false positive
//             rate at a threshold, with Wilson's intervals; mean predicted, observed over expected;
//             over the groups: ratio of the selection rates (four-fifths rule), gaps, and who is
//             lowest and highest.
// Statistic:  true positives[groups] | false positives[groups] | false negatives[groups] |
//             true negatives[groups] | expected[groups].
// Input:      outcome, a boolean or a category of two levels (the second is yes); a fitted binomial
//             model, or `score`, a variable in [0, 1]; `by`, a category or boolean. Rows complete
//             in all three take part.
// Additive:   per person; counts are 0 or 1, a probability at most 1.
// Cost:       O(rows) time, O(groups) memory a node; 1 round.
// Errors:     kInvalidArgument unless exactly one of a model and a score is there, and usable, and
//             `by` has two levels; kFailedPrecondition if nobody is left.
// Threads:    const methods may run concurrently.
// Reference:  Hardt, Price and Srebro (2016), NeurIPS 29; 29 CFR 1607.4(D); Debray et al. (2017),
//             BMJ 356:i6460; Wilson (1927), JASA 22. Golden: tools/reference/group_fairness.py.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/descriptive/grouping.h"
#include "algorithms/evaluation/scores.h"

namespace essaim::evaluation {

class GroupFairness final : public BlockSum {
 public:
  static absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup);
  static AlgorithmInfo Info();

  State Start() const override { return {}; }

  Layout LayoutFor(const State& state) const override;
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override;
  absl::StatusOr<Result> ResultOf(const State& state) const override;

 protected:
  absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                               const State& state, std::span<double> out) const override;

 private:
  struct Group;
  struct Rate;

  GroupFairness() = default;
  std::vector<Group> GroupsOf(const State& state) const;
  static std::vector<const Group*> Comparable(const std::vector<Group>& groups,
                                              Rate (Group::*rate_of)() const);
  ResultTable Rates(const std::vector<Group>& groups) const;
  ResultTable Calibration(const std::vector<Group>& groups) const;
  ResultTable Gaps(const std::vector<Group>& groups) const;

  Scores scores_;
  descriptive::Grouping by_;
  double threshold_ = 0.5;
  double level_ = 0.95;
};

}  // namespace essaim::evaluation
