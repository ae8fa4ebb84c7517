// Fits Cox's model with a baseline hazard of each site's own: survival/cox with `stratify_by_site`.
//
// Risk sets then never cross sites, so a site works out its own likelihood and derivatives exactly,
// from the recorded times: no grid, and vectors of length p^2. The concordance is exact as well.
//
// Released:   as survival/cox, without baseline hazards (they would be single sites') and without
// the test
//             of proportional hazards (its time scale needs event times of all sites).
// Statistic:  round 0: n[1] | events[1] | sum[p] | squares[p]; per iteration loglik[1] | score[p] |
//             information[p(p+1)/2]; last: pairs[5] | jackknife[3].
// Input:      time, event, terms; strata by a column within the site.
// Additive:   per node, so privacy is a node's; bounds for 2^26 persons a site.
// Cost:       O(rows * p^2) time, O(event times * p^2) memory a node; iterations + 2 rounds.
// Errors:     kFailedPrecondition: no events, a fit that diverges.
// Threads:    const methods may run concurrently.
// Reference:  Therneau & Grambsch (2000) 3.2. Golden: tests/golden/survival.json (coxph with
// strata).
#pragma once

#include <memory>
#include <vector>

#include "algo/algorithm.h"
#include "algorithms/survival/cox_fit.h"
#include "algorithms/survival/survival_time.h"

namespace essaim::survival {

class CoxBySite final : public Algorithm {
 public:
  static absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup);

  State Start() const override { return {}; }

  Layout LayoutFor(const State& state) const override;
  absl::Status LocalStatistic(const PersonTable& table, const State& state,
                              std::span<double> out) const override;
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override;
  absl::StatusOr<Result> ResultOf(const State& state) const override;

 private:
  struct Rows;

  CoxBySite(SurvivalTime time, Grouping strata, CoxDesign design, CoxSettings settings)
      : time_(std::move(time)),
        strata_(std::move(strata)),
        design_(std::move(design)),
        settings_(settings) {}

  Rows Complete(const PersonTable& table, const State& state) const;
  void LocalMoments(const Rows& rows, std::span<double> out) const;
  void LocalLikelihood(const Rows& rows, const State& state, std::span<double> out) const;
  void LocalPairs(const Rows& rows, const State& state, std::span<double> out) const;
  RiskSets LocalRiskSets(const Rows& rows, const State& state, double shift) const;

  SurvivalTime time_;
  Grouping strata_;
  CoxDesign design_;
  CoxSettings settings_;
};

}  // namespace essaim::survival
