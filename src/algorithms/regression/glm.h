// Fits a generalised linear model by iteratively reweighted least squares, as R's glm.fit() does.
//
// Released:   coefficients, standard errors, intervals, tests; deviance, null deviance, AIC,
//             log-likelihood, dispersion, iterations, n. With `standardise`, means and deviations.
// Statistic:  n | bad rows | bad outcomes | weights[2] | information[p(p+1)/2] (lower triangle,
//             row-major) | score[p] | deviance | null[3] | null fit[4] | likelihood[3] | pearson |
//             extreme. With `standardise`, a first round of n | moments[2p].
// Input:      outcome of the family's kind; terms as in algorithms/model/terms.h; optional prior
//             weight (>= 0) and offset. Complete rows with a positive weight take part. Columns are
//             centred and scaled with public constants: from the schema's ranges in the first
//             round, from its sums afterwards; the result does not depend on them.
// Additive:   per person; bounds in LayoutFor() from the schema's ranges and the state. A row whose
//             fitted mean is beyond them is counted as bad, and the step is halved as R does for an
//             invalid mean.
// Cost:       O(rows * p^2) time, O(p^2) memory a node; 3 to 10 rounds, and a start from the
//             beginning over the remaining sites whenever a site is lost or comes back.
// Errors:     kInvalidArgument for a term, family, link or variable that does not fit;
//             kFailedPrecondition if nobody has complete data, an outcome is outside its family's
//             range, or no valid coefficients are found. Singular designs and separation are no
//             errors: the dependent column is dropped and named, the diverging one is named.
// Threads:    const methods may run concurrently.
// Reference:  McCullagh and Nelder (1989) 2.5, 4.4. Golden: tests/golden/glm.json (R 4.2.2 glm).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algo/registry.h"
#include "algorithms/model/terms.h"
#include "algorithms/regression/family.h"
#include "math/linear.h"

namespace essaim::regression {

class Glm final : public BlockSum {
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
  struct Options {
    double lambda = 0;
    double epsilon = 1e-8;
    double level = 0.95;
    int iterations_max = 25;
    bool standardise = false;
  };

  // What one row adds, once its mean is known.
  struct RowFit {
    double mu = 0;
    double weight = 0;    // working weight
    double residual = 0;  // working weight x (working response - current predictor without offset)
    double deviance = 0;  // with the prior weight
    bool valid = false;
  };

  struct Bounds {
    double weight, residual, deviance;
  };

  struct Rows;  // a piece of a block: columns, outcome, weights, predictors

  Glm() = default;
  absl::Status SetOutcome(const Setup& setup);
  absl::Status SetWeights(const Setup& setup);
  void SetBasis(State& state) const;
  bool Accepts(const State& state) const;

  bool own_null_fit() const { return offset_.has_value() || !terms_.intercept(); }

  bool needs_before() const { return family_ == Family::kGamma; }

  double reach(const State& state, std::size_t column) const;
  double EtaBound(const State& state) const;
  Bounds RowBounds(bool start, double eta_bound) const;
  double NullBound() const;
  void AppendFitLayout(const State& state, Layout& layout) const;

  void Load(const PersonTable& table, std::size_t begin, std::size_t end, const State& state,
            Rows& rows) const;
  void Moments(const Rows& rows, std::span<double> out) const;
  void Predict(const Rows& rows, std::span<const double> beta, std::span<double> eta) const;
  RowFit FitRow(double y, double prior, double offset, double eta, bool start) const;
  void Fit(const State& state, Rows& rows, std::span<double> out) const;
  void AddNull(const Rows& rows, std::size_t i, std::span<double> null,
               std::span<double> null_fit) const;
  void AddLikelihood(double y, double prior, double mu, std::span<double> likelihood) const;
  double Pearson(const Rows& rows, std::size_t i) const;

  State Restart(const State& state, const SecureSum& sum) const;
  absl::StatusOr<State> UpdateMoments(State after, const SecureSum& sum) const;
  absl::StatusOr<State> Halve(const State& state, const SecureSum& sum) const;
  absl::Status Solve(const SecureSum& sum, State& after) const;
  void StoreCovariance(const Cholesky& factor, State& after) const;
  void Rebase(const SecureSum& sum, State& after) const;
  bool UpdateNull(const State& state, const SecureSum& sum, State& after) const;
  void Finish(const State& state, const SecureSum& sum, bool converged, State& after) const;
  double NullDeviance(const State& state, const SecureSum& sum) const;
  double Aic(const SecureSum& sum, double deviance, double n) const;  // without 2 x rank
  double Penalty(const State& state) const;
  std::vector<double> Penalties(const State& state) const;
  std::vector<double> Reported(const State& state) const;

  void AddCoefficients(const State& state, Result& result) const;
  void AddFit(const State& state, Result& result) const;
  void AddNotes(const State& state, Result& result) const;

  Family family_ = Family::kGaussian;
  Link link_ = Link::kIdentity;
  ModelTerms terms_;
  Options options_;
  std::size_t outcome_ = 0;
  double outcome_lower_ = 0, outcome_upper_ = 1;
  std::optional<std::size_t> weights_, offset_;
  double weight_bound_ = 1, offset_bound_ = 0;
};

}  // namespace essaim::regression
