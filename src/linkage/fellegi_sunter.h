// The Fellegi-Sunter model: what each level of agreement says for two records being one person.
//
// Fellegi & Sunter, "A theory for record linkage", JASA 64 (1969). The probabilities are estimated
// by expectation maximisation as Winkler (1988) has it, over the counts of comparison patterns and
// not over the pairs. Fields are taken as independent given whether the pair is a match; a missing
// comparison says nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "linkage/comparison.h"

namespace essaim::linkage {

struct FieldModel {
  std::array<double, kLevels> m{};  // of a level among matches; sums to 1
  std::array<double, kLevels> u{};  // among all other pairs
};

struct LinkModel {
  std::array<FieldModel, kFields> fields;
  double prior = 0;  // that a pair drawn at random is a match, in (0, 1)

  double Weight(const Comparison& c) const;       // log2 of the likelihood ratio
  double Probability(const Comparison& c) const;  // of a match, given the comparison
};

// Where an estimate begins, and what stands where there is nothing to estimate from: a field of two
// true records is equal nine times in ten.
LinkModel DefaultModel(double prior);

// Pairs by their pattern; counts may be weights.
using PatternCounts = std::map<Comparison, double>;

struct EmOptions {
  std::array<bool, kFields> fields = {true, true, true, true, true};  // others say nothing
  bool fix_u = false;       // estimate the matches' side and the prior alone
  double pseudo_count = 0;  // pairs of the starting model that are added to what is counted
  int iterations_max = 5'000;
  double tolerance = 1e-9;  // of the largest change of a probability
};

struct EmResult {
  LinkModel model;
  int iterations = 0;
  bool converged = false;
  double n_matches = 0;  // expected, of the pairs that were counted
};

// kInvalidArgument: no pairs, or a start with a probability outside (0, 1).
absl::StatusOr<EmResult> FitByEm(const PatternCounts& counts, const LinkModel& start,
                                 const EmOptions& options);

}  // namespace essaim::linkage
