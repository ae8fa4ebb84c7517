// Fits Cox's proportional hazards model by Newton's method on the partial likelihood.
//
// Released:   coefficients, std errors, hazard ratios with intervals, z, p; log-likelihoods;
// likelihood
//             ratio, Wald and score tests; n, events; baseline hazard; concordance; test of
//             proportional hazards. Event times and risk-set sums reach the hub, nothing per site
//             does.
// Statistic:  round 0: n[1] | sum[p] | squares[p] | event_points[strata * points]; then per
// iteration
//             clipped[1] | persons[times] | deaths[times] | event_sums[times * p] | risk[times * q]
//             | tied[tied times * q], q = 1 + p + p(p+1)/2; last score bins, then times by score
//             bins.
// Input:      time on a declared grid, event, terms; strata by a column; see cox_by_site.h for
// sites. Additive:   per person; covariates scaled to |u| <= 1, weights exp(eta) bounded by
// exp(cap): the hub
//             asks again with a larger cap if a person was clipped.
// Cost:       O(rows * p^2) time, O(times * p^2) memory and message; iterations + 3 rounds.
// Errors:     kInvalidArgument: a time off the grid; kFailedPrecondition: no events, a fit that
// diverges. Threads:    const methods may run concurrently. Reference:  Cox (1972), Efron (1977),
// Therneau & Grambsch (2000). Golden: tests/golden/survival.json.
#pragma once

#include <memory>
#include <vector>

#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/survival/cox_fit.h"
#include "algorithms/survival/survival_time.h"

namespace essaim::survival {

AlgorithmInfo CoxInfo();

class Cox final : public BlockSum {
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
  Cox(SurvivalTime time, Grouping strata, CoxDesign design, CoxSettings settings)
      : time_(std::move(time)),
        strata_(std::move(strata)),
        design_(std::move(design)),
        settings_(settings) {}

  // One complete person of the study: what every phase needs to know.
  struct Person {
    SurvivalTime::Observation seen;
    std::size_t stratum = 0;
    std::span<const double> u;
  };

  struct View;

  bool IsUsable(const State& state) const;
  View ViewOf(const State& state, const Layout& layout) const;
  Layout FitLayout(const State& state) const;
  void AddMoments(const Person& person, std::span<double> out) const;
  void AddFit(const Person& person, const View& view, std::span<double> out) const;
  void AddScore(const Person& person, const View& view, std::span<double> out) const;
  absl::Status AfterMoments(const SecureSum& sum, State& next) const;
  absl::Status AfterFit(const SecureSum& sum, State& next) const;
  void AfterPairs(const SecureSum& sum, State& next) const;
  void StoreProportionality(const SecureSum& sum, const RiskSets& sets, State& next) const;
  ResultTable BaselineTable(const State& state) const;

  SurvivalTime time_;
  Grouping strata_;
  CoxDesign design_;
  CoxSettings settings_;
};

}  // namespace essaim::survival
