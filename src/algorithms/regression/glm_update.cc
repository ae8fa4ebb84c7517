// The hub's side of a round: R's convergence rule, the Newton step, and restarts.
#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "algorithms/regression/glm.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "math/distributions.h"

namespace essaim::regression {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTwoPi = 6.283185307179586476925286766559;

std::vector<double> SitesOf(const SecureSum& sum) {
  return {sum.sites().begin(), sum.sites().end()};
}

bool Converged(double now, double before, double epsilon) {
  return std::fabs(now - before) / (std::fabs(now) + 0.1) < epsilon;
}

}  // namespace

// Penalty of each working coefficient: lambda for each reported one, none for the intercept.
std::vector<double> Glm::Penalties(const State& state) const {
  std::vector<double> penalties(terms_.size(), 0.0);
  const std::vector<double>& scale = state.Get("scale");
  const std::vector<double>& sd = state.Get("reported_scale");
  for (std::size_t j = terms_.intercept() ? 1 : 0; j < penalties.size(); ++j) {
    const double ratio = (sd.empty() ? 1.0 : sd[j]) / scale[j];
    penalties[j] = options_.lambda * ratio * ratio;
  }
  return penalties;
}

double Glm::Penalty(const State& state) const {
  if (options_.lambda == 0 || state.Scalar("iteration") == 0) return 0;
  const std::vector<double> penalties = Penalties(state);
  const std::vector<double>& beta = state.Get("beta");
  double sum = 0;
  for (std::size_t j = 0; j < beta.size(); ++j) sum += penalties[j] * beta[j] * beta[j];
  return sum;
}

State Glm::Restart(const State& state, const SecureSum& sum) const {
  State fresh = Start();
  fresh.round = state.round + 1;
  fresh.vectors["sites"] = SitesOf(sum);
  return fresh;
}

absl::StatusOr<State> Glm::UpdateMoments(State after, const SecureSum& sum) const {
  const double n = sum.scalar("n");
  if (n < 2) return absl::FailedPreconditionError("fewer than two persons have complete data");
  const std::span<const double> moments = sum.block("moments");
  after.Set("fitting", 1);
  std::vector<double>& centre = after.vectors["centre"];
  std::vector<double>& scale = after.vectors["scale"];
  for (std::size_t j = 1; j < terms_.size(); ++j) {
    const double mean = moments[j] / n;
    const double squares = moments[terms_.size() + j] - n * mean * mean;
    const double sd = std::sqrt(std::max(squares, 0.0) / (n - 1));
    centre[j] += mean * scale[j];
    scale[j] = sd > 1e-7 ? sd * scale[j] : 1;  // a constant column stays, to be dropped by name
  }
  after.vectors["reported_centre"] = centre;
  after.vectors["reported_scale"] = scale;
  return after;
}

// R's answer to an invalid mean: half the step, without counting an iteration.
absl::StatusOr<State> Glm::Halve(const State& state, const SecureSum& sum) const {
  const int halvings = state.Has("halvings") ? static_cast<int>(state.Scalar("halvings")) : 0;
  if (state.Get("before").empty() || halvings >= options_.iterations_max) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no valid coefficients were found: the fitted mean of ", sum.scalar("bad"),
        " persons is outside the family's range; another link, fewer terms or a ridge penalty "
        "may help"));
  }
  State after = state;
  after.round = state.round + 1;
  after.Set("halvings", halvings + 1);
  std::vector<double>& beta = after.vectors["beta"];
  const std::vector<double>& before = state.Get("before");
  for (std::size_t j = 0; j < beta.size(); ++j) beta[j] = 0.5 * (beta[j] + before[j]);
  return after;
}

void Glm::StoreCovariance(const Cholesky& factor, State& after) const {
  // Reported coefficients are T b: T[j][j] = sd_j / s_j, T[0][j] = (m_j - c_j) / s_j.
  const std::size_t p = terms_.size();
  const std::vector<double>& c = after.Get("centre");
  const std::vector<double>& s = after.Get("scale");
  const std::vector<double>& m = after.Get("reported_centre");
  const std::vector<double>& sd = after.Get("reported_scale");
  const std::vector<double> inverse = factor.Inverse();
  std::vector<double> diagonal(p, 1.0), first(p, 0.0);
  for (std::size_t j = 0; j < p; ++j) {
    diagonal[j] = (sd.empty() ? 1.0 : sd[j]) / s[j];
    if (terms_.intercept() && j > 0) first[j] = ((m.empty() ? 0.0 : m[j]) - c[j]) / s[j];
  }
  if (terms_.intercept()) first[0] = 1;
  std::vector<double> covariance(PackedSize(p));
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      covariance[PackedIndex(i, j)] = inverse[PackedIndex(i, j)] * diagonal[i] * diagonal[j];
    }
  }
  if (terms_.intercept()) {
    for (std::size_t i = 0; i < p; ++i) {
      double x = 0;
      for (std::size_t k = 0; k < p; ++k) x += first[k] * inverse[PackedIndex(i, k)];
      covariance[PackedIndex(i, 0)] = x * diagonal[i];
    }
    covariance[0] = QuadraticForm(inverse, first, first);
  }
  after.vectors["covariance"] = std::move(covariance);
}

// One Newton step as a correction of the present coefficients, which loses no digits to a large
// predictor.
absl::Status Glm::Solve(const SecureSum& sum, State& after) const {
  const std::size_t p = terms_.size();
  const bool start = after.Scalar("iteration") == 0;
  const std::span<const double> block = sum.block("information");
  std::vector<double> information(block.begin(), block.end());
  const std::span<const double> score = sum.block("score");
  std::vector<double> right(score.begin(), score.end());
  std::vector<double> beta = start ? std::vector<double>(p, 0.0) : after.Get("beta");
  const std::vector<double> penalties = Penalties(after);
  for (std::size_t j = 0; j < p; ++j) {
    information[PackedIndex(j, j)] += penalties[j];
    right[j] -= penalties[j] * beta[j];
  }
  ESSAIM_ASSIGN_OR_RETURN(const Cholesky factor, Cholesky::Factor(information));
  if (factor.rank() == 0) {
    return absl::FailedPreconditionError("the rows carry no information on any coefficient");
  }
  std::vector<double> aliased(p, 0.0);
  for (const std::size_t j : factor.dependent()) {
    aliased[j] = 1;
    if (beta[j] == 0) continue;
    for (std::size_t k = 0; k < p; ++k) right[k] += information[PackedIndex(k, j)] * beta[j];
    beta[j] = 0;
  }
  if (!start) after.vectors["before"] = after.Get("beta");
  const std::vector<double> step = factor.Solve(right);
  for (std::size_t j = 0; j < p; ++j) beta[j] += step[j];
  after.Set("alias_changed", !start && aliased != after.Get("aliased") ? 1 : 0);
  after.Set("rank", static_cast<double>(factor.rank()));
  after.vectors["aliased"] = std::move(aliased);
  after.vectors["beta"] = std::move(beta);
  StoreCovariance(factor, after);
  return absl::OkStatus();
}

// Working columns from now on are centred and scaled by what the first sum says of them.
void Glm::Rebase(const SecureSum& sum, State& after) const {
  const std::span<const double> information = sum.block("information");
  const double total = terms_.intercept() ? information[0] : sum.block("weights")[0];
  if (!(total > 0)) return;
  std::vector<double>& centre = after.vectors["centre"];
  std::vector<double>& scale = after.vectors["scale"];
  std::vector<double>& beta = after.vectors["beta"];
  for (std::size_t j = terms_.intercept() ? 1 : 0; j < terms_.size(); ++j) {
    if (terms_.indicator(j)) continue;
    const double mean = terms_.intercept() ? information[PackedIndex(j, 0)] / total : 0;
    const double square = information[PackedIndex(j, j)] / total - mean * mean;
    const double sd = std::sqrt(std::max(square, 1e-14));
    if (terms_.intercept()) beta[0] += beta[j] * mean;
    beta[j] *= sd;
    centre[j] += mean * scale[j];
    scale[j] *= sd;
  }
}

// The intercept-only model under an offset runs beside the fit. True once it has converged.
bool Glm::UpdateNull(const State& state, const SecureSum& sum, State& after) const {
  if (!own_null_fit() || !terms_.intercept()) return true;
  const std::span<const double> null = sum.block("null_fit");
  const double deviance = null[2];
  const bool start = state.Scalar("iteration") == 0;
  if (state.Has("null_deviance") && !start &&
      Converged(deviance, state.Scalar("null_deviance"), options_.epsilon)) {
    return true;
  }
  after.Set("null_deviance", deviance);
  if (null[3] > 0 || !(null[0] > 0)) return true;  // no valid null model: its deviance is left out
  after.Set("null_intercept", (start ? 0 : state.Scalar("null_intercept")) + null[1] / null[0]);
  return false;
}

double Glm::NullDeviance(const State& state, const SecureSum& sum) const {
  if (own_null_fit()) return sum.block("null_fit")[3] > 0 ? kNan : sum.block("null_fit")[2];
  const std::span<const double> null = sum.block("null");
  const double weights = sum.block("weights")[0];
  const double mean = state.Scalar("outcome_centre") + null[0] / weights;
  const double total = mean * weights;
  switch (family_) {
    case Family::kGaussian:
      return null[1] - null[0] * null[0] / weights;
    case Family::kBinomial: {
      const double yes = total > 0 ? total * std::log(mean) : 0;
      const double no = mean < 1 ? (weights - total) * std::log1p(-mean) : 0;
      return 2 * (null[1] - yes - no);
    }
    case Family::kPoisson:
      return 2 * (null[1] - (total > 0 ? total * std::log(mean) : 0));
    case Family::kGamma:
      return -2 * (null[1] - weights * std::log(mean));
  }
  return kNan;
}

double Glm::Aic(const SecureSum& sum, double deviance, double n) const {
  const std::span<const double> parts = sum.block("likelihood");
  const std::span<const double> weights = sum.block("weights");
  switch (family_) {
    case Family::kGaussian:
      return n * (std::log(kTwoPi * deviance / n) + 1) + 2 - weights[1];
    case Family::kGamma: {
      const double dispersion = deviance / weights[0];
      const double a = 1 / dispersion;
      return -2 * (-a * parts[0] - a * parts[1] + (a - 1) * parts[2] -
                   weights[0] * (a * std::log(dispersion) + LogGamma(a))) +
             2;
    }
    default:
      return -2 * parts[0];
  }
}

void Glm::Finish(const State& state, const SecureSum& sum, bool converged, State& after) const {
  const double n = sum.scalar("n");
  const double rank = state.Scalar("rank");
  const double df = n - rank;
  const double deviance = sum.scalar("deviance");
  const bool estimated = family_ == Family::kGaussian || family_ == Family::kGamma;
  double dispersion = 1;
  if (estimated) {
    const double pearson = family_ == Family::kGaussian ? deviance : sum.scalar("pearson");
    dispersion = df > 0 ? pearson / df : kNan;
  }
  const double aic = Aic(sum, deviance, n) + 2 * rank;
  after.Set("n", n);
  after.Set("df", df);
  after.Set("df_null", n - (terms_.intercept() ? 1 : 0));
  after.Set("deviance", deviance);
  after.Set("null_deviance", NullDeviance(state, sum));
  after.Set("aic", aic);
  after.Set("log_likelihood", rank + (estimated ? 1 : 0) - aic / 2);
  after.Set("dispersion", dispersion);
  after.Set("converged", converged ? 1 : 0);
  after.Set("extreme", sum.scalar("extreme"));
  after.done = true;
}

absl::StatusOr<State> Glm::Update(const State& state, const SecureSum& sum) const {
  if (!Accepts(state)) return absl::InvalidArgumentError("a state that this analysis cannot have");
  if (state.round + 1 >= limits::kRoundsMax) {
    return absl::FailedPreconditionError("the sites changed in too many rounds");
  }
  if (state.Has("sites") && state.Get("sites") != SitesOf(sum)) return Restart(state, sum);
  State after = state;
  after.round = state.round + 1;
  after.vectors["sites"] = SitesOf(sum);
  if (state.Scalar("fitting") == 0) return UpdateMoments(std::move(after), sum);
  if (sum.scalar("n") < 1) return absl::FailedPreconditionError("no person has complete data");
  if (sum.scalar("bad_outcome") > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(sum.scalar("bad_outcome"), " persons have an outcome that is not positive"));
  }
  const int iteration = static_cast<int>(state.Scalar("iteration"));
  if (sum.scalar("bad") > 0) return Halve(state, sum);
  after.Set("halvings", 0);
  const double deviance = sum.scalar("deviance") + Penalty(state);
  const bool settled = state.Scalar("frozen") != 0;
  const bool converged =
      settled || (iteration > 0 && state.Scalar("alias_changed") == 0 &&
                  Converged(deviance, state.Scalar("deviance"), options_.epsilon));
  const bool null_converged = UpdateNull(state, sum, after);
  const bool last = iteration >= options_.iterations_max && !settled;
  if (last || (converged && null_converged)) {
    Finish(state, sum, converged, after);
    return after;
  }
  after.Set("deviance", deviance);
  after.Set("outcome_centre", state.Scalar("outcome_centre"));
  if (family_ == Family::kGaussian) {
    after.Set("outcome_centre",
              state.Scalar("outcome_centre") + sum.block("null")[0] / sum.block("weights")[0]);
  }
  if (converged) {
    after.Set("frozen", 1);
    return after;
  }
  ESSAIM_RETURN_IF_ERROR(Solve(sum, after));
  if (iteration == 0 && !options_.standardise) Rebase(sum, after);
  after.Set("iteration", iteration + 1);
  if (!Accepts(after)) {
    return absl::FailedPreconditionError("the coefficients diverge; a ridge penalty may help");
  }
  return after;
}

}  // namespace essaim::regression
