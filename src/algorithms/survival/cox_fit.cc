#include "algorithms/survival/cox_fit.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "algorithms/survival/redundant_cholesky.h"
#include "algorithms/survival/state_checks.h"

namespace essaim::survival {
namespace {

constexpr double kRestartsMax = 20;

// Adds the penalty to the likelihood, in the coordinates of the trial.
void Penalise(const std::vector<double>& penalty, std::span<const double> gamma,
              Likelihood& likelihood) {
  const std::size_t p = gamma.size();
  for (std::size_t j = 0; j < p; ++j) {
    likelihood.loglik -= penalty[j] * gamma[j] * gamma[j] / 2;
    likelihood.score[j] -= penalty[j] * gamma[j];
    likelihood.information[j * p + j] += penalty[j];
  }
}

bool IsFinite(const Likelihood& likelihood) {
  const auto all = [](const std::vector<double>& x) {
    return std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); });
  };
  return std::isfinite(likelihood.loglik) && all(likelihood.score) && all(likelihood.information);
}

double Trace(const std::vector<double>& a, const std::vector<double>& b, std::size_t p) {
  double sum = 0;
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j) sum += a[i * p + j] * b[j * p + i];
  }
  return sum;
}

// `likelihood` without, `penalised` with the penalty, both at the final coefficients.
void Finish(const Likelihood& likelihood, const Likelihood& penalised, bool converged,
            State& state) {
  const std::vector<double> gamma = state.Get("trial");
  const std::size_t p = gamma.size();
  const RedundantCholesky factor(penalised.information, p);
  const std::vector<double> covariance = factor.Inverse();
  const std::vector<double>& half = state.Get("half");
  std::vector<double> infinite(p), redundant(p);
  double wald = 0;
  for (std::size_t i = 0; i < p; ++i) {
    double step = 0;  // of one more iteration
    for (std::size_t j = 0; j < p; ++j) {
      step += covariance[i * p + j] * penalised.score[j];
      wald += gamma[i] * penalised.information[i * p + j] * gamma[j];
    }
    step = std::abs(step) / half[i];
    // The likelihood stands still and the coefficient does not: as coxph warns.
    infinite[i] = step > 1e-9 && step > std::abs(gamma[i]) / half[i] * std::sqrt(0x1p-52) ? 1 : 0;
    redundant[i] = factor.redundant(i) ? 1 : 0;
  }
  state.Set("df", Trace(likelihood.information, covariance, p));
  state.Set("rank", static_cast<double>(factor.rank()));
  state.Set("loglik", likelihood.loglik);
  state.Set("penalised_loglik", penalised.loglik);
  state.Set("wald", wald);
  state.Set("converged", converged ? 1 : 0);
  state.vectors["covariance"] = covariance;
  state.vectors["infinite"] = std::move(infinite);
  state.vectors["redundant"] = std::move(redundant);
}

void HalveStep(State& state) {
  std::vector<double> trial = state.Get("trial");
  const std::vector<double>& kept = state.Get("kept");
  for (std::size_t j = 0; j < trial.size(); ++j) trial[j] = (trial[j] + kept[j]) / 2;
  state.vectors["trial"] = std::move(trial);
  state.Set("halving", 1);
}

void TakeStep(const Likelihood& penalised, State& state) {
  std::vector<double> trial = state.Get("trial");
  state.vectors["kept"] = trial;
  state.Set("kept_loglik", penalised.loglik);
  state.Set("halving", 0);
  const std::vector<double> step =
      RedundantCholesky(penalised.information, trial.size()).Solve(penalised.score);
  for (std::size_t j = 0; j < trial.size(); ++j) trial[j] += step[j];
  state.vectors["trial"] = std::move(trial);
}

}  // namespace

std::vector<ParamSpec> CoxSpecs() {
  return {
      {.name = "terms",
       .type = ParamType::kTerms,
       .required = true,
       .description = "The covariates: variables, factors, interactions."},
      {.name = "ties",
       .type = ParamType::kText,
       .description = "How tied event times are treated. Default efron.",
       .choices = {"efron", "breslow"}},
      {.name = "strata",
       .type = ParamType::kVariable,
       .description = "A category or boolean whose levels have baseline hazards of their own."},
      {.name = "stratify_by_site",
       .type = ParamType::kBool,
       .description = "Each site has a baseline hazard of its own; needs no grid. Default false."},
      {.name = "ridge",
       .type = ParamType::kNumber,
       .description = "theta of the penalty theta/2 * sum of squared coefficients. Default 0.",
       .lower = 0,
       .upper = 1e12},
      {.name = "standardise",
       .type = ParamType::kBool,
       .description = "Divide covariates by their federated standard deviation. Default false."},
      {.name = "level",
       .type = ParamType::kNumber,
       .description = "The confidence level. Default 0.95.",
       .lower = 0.5,
       .upper = 0.9999},
      {.name = "iterations_max",
       .type = ParamType::kInteger,
       .description = "The most iterations of Newton's method. Default 20.",
       .lower = 1,
       .upper = 100},
      {.name = "epsilon",
       .type = ParamType::kNumber,
       .description = "The relative change of the log-likelihood that ends the fit. Default 1e-9.",
       .lower = 1e-14,
       .upper = 1e-2},
      {.name = "concordance",
       .type = ParamType::kBool,
       .description = "Whether to compute the concordance, in two more rounds. Default true."},
      {.name = "bins",
       .type = ParamType::kInteger,
       .description = "The most score bins of the concordance. Default 1024.",
       .lower = 2,
       .upper = 65536},
      {.name = "proportional_hazards",
       .type = ParamType::kBool,
       .description = "Whether to test for proportional hazards. Default true."},
  };
}

CoxSettings CoxSettingsFrom(const Params& params) {
  CoxSettings settings;
  settings.efron = params.Text("ties", "efron") == "efron";
  settings.ridge = params.Number("ridge", 0);
  settings.standardise = params.Bool("standardise", false);
  settings.level = params.Number("level", 0.95);
  settings.iterations_max = params.Integer("iterations_max", 20);
  settings.epsilon = params.Number("epsilon", 1e-9);
  settings.concordance = params.Bool("concordance", true);
  settings.bins = static_cast<std::size_t>(params.Integer("bins", 1024));
  settings.proportionality = params.Bool("proportional_hazards", true);
  return settings;
}

CoxPhase PhaseOf(const State& state) {
  const std::vector<double>& phase = state.Get("phase");
  for (const CoxPhase later : {CoxPhase::kFit, CoxPhase::kScores, CoxPhase::kPairs}) {
    if (phase.size() == 1 && phase[0] == static_cast<double>(later)) return later;
  }
  return CoxPhase::kMoments;
}

bool HasUsableTrial(const CoxDesign& design, const State& state) {
  constexpr double kCoefficientMax = 1e15, kCentreMax = 1e15;
  const std::vector<double>& half = state.Get("half");
  return IsBounded(state.Get("trial"), design.size(), kCoefficientMax) &&
         IsBounded(state.Get("centre"), design.size(), kCentreMax) &&
         IsBounded(half, design.size(), kCentreMax) &&
         std::all_of(half.begin(), half.end(), [](double x) { return x > 0; });
}

absl::StatusOr<std::optional<State>> RestartedIfSitesChanged(const State& state,
                                                             const SecureSum& sum) {
  if (PhaseOf(state) == CoxPhase::kMoments) return std::nullopt;
  const std::vector<double> sites(sum.sites().begin(), sum.sites().end());
  if (sites == state.Get("sites")) return std::nullopt;
  State fresh;
  fresh.round = state.round + 1;
  const double restarts = state.Has("restarts") ? state.Scalar("restarts") + 1 : 1;
  if (restarts > kRestartsMax) {
    return absl::FailedPreconditionError("sites came and went too often to finish the fit");
  }
  fresh.Set("restarts", restarts);
  return fresh;
}

absl::Status BeginFit(const CoxDesign& design, const CoxSettings& settings, const Moments& moments,
                      State& state) {
  if (moments.n < 2) {
    return absl::FailedPreconditionError("fewer than two persons have all variables of the model");
  }
  if (moments.n_events <= 0) {
    return absl::FailedPreconditionError(
        "no events: nobody with all variables of the model had the event, so nothing can be "
        "fitted");
  }
  const std::size_t p = design.size();
  const std::vector<double> middle = design.Middles();
  const std::vector<double> spread = design.HalfRanges(middle);
  std::vector<double> centre(p), sd(p), penalty(p);
  for (std::size_t j = 0; j < p; ++j) {
    const double mean = moments.sum[j] / moments.n;
    centre[j] = std::clamp(middle[j] + spread[j] * mean, design.lower(j), design.upper(j));
    const double variance = (moments.squares[j] - moments.sum[j] * mean) / (moments.n - 1);
    sd[j] = spread[j] * std::sqrt(std::max(variance, 0.0));
    // A constant column has no standard deviation; like R's scale() it cannot be standardised.
    if (!(sd[j] > 1e-12 * spread[j])) sd[j] = 0;
  }
  const std::vector<double> half = design.HalfRanges(centre);
  for (std::size_t j = 0; j < p; ++j) {
    const double unit = settings.standardise ? sd[j] : 1;
    penalty[j] = settings.ridge * unit * unit / (half[j] * half[j]);
  }
  state.Set("phase", static_cast<double>(CoxPhase::kFit));
  state.Set("n", moments.n);
  state.Set("n_events", moments.n_events);
  state.Set("iteration", 0);
  state.Set("halving", 0);
  state.Set("steady", 0);
  state.vectors["centre"] = std::move(centre);
  state.vectors["half"] = half;
  state.vectors["sd"] = std::move(sd);
  state.vectors["penalty"] = std::move(penalty);
  state.vectors["trial"].assign(p, 0);
  return absl::OkStatus();
}

absl::StatusOr<Progress> AdvanceFit(const CoxSettings& settings, Likelihood likelihood, bool usable,
                                    State& state) {
  const std::vector<double> trial = state.Get("trial");
  Likelihood penalised = likelihood;
  Penalise(state.Get("penalty"), trial, penalised);
  const double iteration = state.Scalar("iteration");
  usable = usable && IsFinite(likelihood);
  if (iteration == 0) {
    if (!usable) return absl::FailedPreconditionError("the sums of the first round are not finite");
    state.Set("loglik0", likelihood.loglik);
    const RedundantCholesky factor(likelihood.information, trial.size());
    state.Set("score_test", factor.Quadratic(likelihood.score));
    state.Set("iteration", 1);
    TakeStep(penalised, state);
    return Progress::kAgain;
  }
  const double kept = state.Scalar("kept_loglik");
  const bool halving = state.Scalar("halving") != 0;
  const bool steady =
      usable && !halving && std::abs(1 - kept / penalised.loglik) <= settings.epsilon;
  if (steady && (state.Scalar("steady") != 0 || iteration >= settings.iterations_max)) {
    Finish(likelihood, penalised, true, state);
    return Progress::kFinished;
  }
  state.Set("steady", steady ? 1 : 0);
  if (iteration >= settings.iterations_max) {
    if (!usable) {
      return absl::FailedPreconditionError(
          "the fit ran off to infinity: a covariate separates events from the rest; add a ridge "
          "penalty or leave it out");
    }
    Finish(likelihood, penalised, false, state);
    return Progress::kFinished;
  }
  state.Set("iteration", iteration + 1);
  // Once steady, a fall is rounding.
  if (!usable || (penalised.loglik < kept && !steady)) {
    HalveStep(state);
  } else {
    TakeStep(penalised, state);
  }
  return Progress::kAgain;
}

void StorePairs(const PairCounts& pairs, State& state) {
  state.vectors["pairs"] = {pairs.concordant, pairs.discordant, pairs.tied_score, pairs.tied_time,
                            pairs.tied_both,  pairs.Index(),    pairs.StdError(), pairs.TieBound()};
}

}  // namespace essaim::survival
