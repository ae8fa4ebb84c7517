// What the two ways to fit a Cox model share: settings, Newton's steps over rounds, and the result.
//
// Every round of a fit must come from the same sites. When the set of sites changes, the fit starts
// again from its first round with the sites that are there, so a result never mixes two sets.
//
// Newton's method follows R's coxph: from 0, steps halved while the likelihood falls, steady when
// it changes by less than `epsilon` relatively. Where coxph ends we take one more step: convergence
// is quadratic, so the answer is then the maximum itself to rounding and does not depend on how a
// fit came there.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/survival/cox_design.h"
#include "algorithms/survival/cox_risk_sets.h"
#include "algorithms/survival/pairs.h"

namespace essaim::survival {

struct CoxSettings {
  bool efron = true;
  double ridge = 0;          // theta of loglik - theta / 2 * sum of squared coefficients
  bool standardise = false;  // coefficients, and so the penalty, are per standard deviation
  double level = 0.95;
  int iterations_max = 20;
  double epsilon = 1e-9;
  bool concordance = true;
  std::size_t bins = 1024;
  bool proportionality = true;
};

std::vector<ParamSpec> CoxSpecs();
CoxSettings CoxSettingsFrom(const Params& params);

// The fit's phases, in order: State "phase".
enum class CoxPhase { kMoments, kFit, kScores, kPairs };
CoxPhase PhaseOf(const State& state);
// Whether "trial", "centre" and "half" are of the design's size and can be computed with.
bool HasUsableTrial(const CoxDesign& design, const State& state);

// The state to start again from if the sites of `sum` are not those of the fit's first round; else
// nullopt. kFailedPrecondition when that happened too often.
absl::StatusOr<std::optional<State>> RestartedIfSitesChanged(const State& state,
                                                             const SecureSum& sum);

// Sums over complete persons of v = (x - middle) / half range.
struct Moments {
  double n = 0, n_events = 0;
  std::vector<double> sum, squares;
};

// Sets the constants of the fit in `state` ("centre", "half", "sd", "penalty") and the first trial,
// 0. kFailedPrecondition: nobody, or no event.
absl::Status BeginFit(const CoxDesign& design, const CoxSettings& settings, const Moments& moments,
                      State& state);

enum class Progress { kAgain, kFinished };

// Takes the likelihood at the trial and sets the next trial, or the fit's figures ("covariance",
// "loglik", tests). `usable` is false if the trial lies too far out to be evaluated: the step is
// halved.
absl::StatusOr<Progress> AdvanceFit(const CoxSettings& settings, Likelihood likelihood, bool usable,
                                    State& state);

void StorePairs(const PairCounts& pairs, State& state);
// Everything but baseline hazard and proportionality, which come as further tables.
Result CoxResult(const CoxDesign& design, const CoxSettings& settings, const State& state);

}  // namespace essaim::survival
