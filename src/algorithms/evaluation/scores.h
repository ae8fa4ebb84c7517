// What is evaluated: a yes/no outcome, and the probability that a fitted model or a column gives.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algorithms/model/linear_predictor.h"

namespace essaim::evaluation {

class Scores {
 public:
  // Of the parameters outcome, score and those of a bound model. kInvalidArgument: the outcome has
  // not two levels, or not exactly one of a model and a score is there, and usable.
  static absl::StatusOr<Scores> Make(const Setup& setup);

  std::size_t outcome() const { return outcome_; }  // 1 is yes; a column of the table

  // NaN where there is none. p: end - begin values.
  void Of(const PersonTable& table, std::size_t begin, std::size_t end, std::span<double> p) const;

 private:
  std::size_t outcome_ = 0;
  std::optional<std::size_t> score_;
  LinearPredictor model_;
};

}  // namespace essaim::evaluation
