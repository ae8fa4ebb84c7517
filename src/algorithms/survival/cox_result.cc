#include <cmath>

#include "absl/strings/str_cat.h"
#include "algo/model.h"
#include "algorithms/survival/cox_fit.h"
#include "math/distributions.h"

namespace essaim::survival {
namespace {

Cell Number(double x) { return std::isfinite(x) ? Cell(x) : Cell(); }

// Of column j: what turns a coefficient of u into the one that is reported.
double Unit(const CoxSettings& settings, const State& state, std::size_t j) {
  return (settings.standardise ? state.Get("sd")[j] : 1) / state.Get("half")[j];
}

ResultTable Coefficients(const CoxDesign& design, const CoxSettings& settings, const State& state) {
  ResultTable table{.id = "coefficients", .title = "Coefficients"};
  table.columns = {{"term", "Term", ColumnKind::kText},
                   {"coefficient", "Coefficient", ColumnKind::kNumber},
                   {"std_error", "Standard error", ColumnKind::kNumber},
                   {"hazard_ratio", "Hazard ratio", ColumnKind::kNumber},
                   {"lower", "Lower limit", ColumnKind::kNumber},
                   {"upper", "Upper limit", ColumnKind::kNumber},
                   {"z", "z", ColumnKind::kNumber},
                   {"p_value", "p", ColumnKind::kPValue}};
  const double quantile = NormalQuantile(0.5 + settings.level / 2);
  const std::size_t p = design.size();
  for (std::size_t j = 0; j < p; ++j) {
    if (state.Get("redundant")[j] != 0) {
      table.rows.push_back(
          {design.name(j), Cell(), Cell(), Cell(), Cell(), Cell(), Cell(), Cell()});
      continue;
    }
    const double unit = Unit(settings, state, j);
    const double coefficient = state.Get("trial")[j] * unit;
    const double std_error = std::sqrt(state.Get("covariance")[j * p + j]) * unit;
    const double half = quantile * std_error;
    // A constant column under a ridge penalty has a coefficient of 0 and no unit of its own.
    const double z = std_error > 0 ? coefficient / std_error : 0;
    table.rows.push_back({design.name(j), coefficient, Number(std_error),
                          Number(std::exp(coefficient)), Number(std::exp(coefficient - half)),
                          Number(std::exp(coefficient + half)), Number(z),
                          Number(2 * NormalUpper(std::abs(z)))});
  }
  return table;
}

ResultTable Covariance(const CoxDesign& design, const CoxSettings& settings, const State& state) {
  ResultTable table{.id = "covariance", .title = "Covariance of the coefficients"};
  table.columns.push_back({"term", "Term", ColumnKind::kText});
  const std::size_t p = design.size();
  for (std::size_t j = 0; j < p; ++j) {
    table.columns.push_back({absl::StrCat("v", j + 1), design.name(j), ColumnKind::kNumber});
  }
  for (std::size_t i = 0; i < p; ++i) {
    std::vector<Cell> row = {design.name(i)};
    for (std::size_t j = 0; j < p; ++j) {
      row.push_back(state.Get("covariance")[i * p + j] * Unit(settings, state, i) *
                    Unit(settings, state, j));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

ResultTable Tests(const CoxSettings& settings, const State& state) {
  ResultTable table{.id = "tests", .title = "Tests that all coefficients are 0"};
  table.columns = {{"test", "Test", ColumnKind::kText},
                   {"chi_squared", "Chi-squared", ColumnKind::kNumber},
                   {"df", "Degrees of freedom", ColumnKind::kNumber},
                   {"p_value", "p", ColumnKind::kPValue}};
  const double rank = state.Scalar("rank");
  const double df = settings.ridge > 0 ? state.Scalar("df") : rank;
  const auto add = [&](const char* name, double chi_squared) {
    if (df > 0) table.rows.push_back({name, chi_squared, df, ChiSquaredUpper(chi_squared, df)});
  };
  add("likelihood ratio", 2 * (state.Scalar("loglik") - state.Scalar("loglik0")));
  add("Wald", state.Scalar("wald"));
  if (settings.ridge == 0) add("score", state.Scalar("score_test"));
  return table;
}

ResultTable FitTable(const CoxSettings& settings, const State& state) {
  ResultTable table{.id = "fit", .title = "Fit"};
  table.columns = {{"n", "Persons", ColumnKind::kCount},
                   {"events", "Events", ColumnKind::kCount},
                   {"loglik0", "Log-likelihood without covariates", ColumnKind::kNumber},
                   {"loglik", "Log-likelihood", ColumnKind::kNumber},
                   {"penalised_loglik", "Penalised log-likelihood", ColumnKind::kNumber},
                   {"ridge", "Ridge penalty", ColumnKind::kNumber},
                   {"df", "Degrees of freedom", ColumnKind::kNumber},
                   {"iterations", "Iterations", ColumnKind::kNumber},
                   {"converged", "Converged", ColumnKind::kText},
                   {"ties", "Ties", ColumnKind::kText}};
  table.rows.push_back(
      {static_cast<std::int64_t>(state.Scalar("n")),
       static_cast<std::int64_t>(state.Scalar("n_events")), state.Scalar("loglik0"),
       state.Scalar("loglik"), state.Scalar("penalised_loglik"), settings.ridge, state.Scalar("df"),
       state.Scalar("iteration"), std::string(state.Scalar("converged") != 0 ? "yes" : "no"),
       std::string(settings.efron ? "efron" : "breslow")});
  return table;
}

std::vector<ModelColumn> Model(const CoxDesign& design, const CoxSettings& settings,
                               const State& state) {
  std::vector<ModelColumn> columns;
  for (std::size_t j = 0; j < design.size(); ++j) {
    const double sd = state.Get("sd")[j];
    const bool left_out = state.Get("redundant")[j] != 0 || (settings.standardise && !(sd > 0));
    columns.push_back({design.name(j),
                       left_out ? std::nan("") : state.Get("trial")[j] * Unit(settings, state, j),
                       settings.standardise ? state.Get("centre")[j] : 0,
                       settings.standardise && sd > 0 ? sd : 1});
  }
  return columns;
}

ResultTable Concordance(const std::vector<double>& pairs) {
  ResultTable table{.id = "concordance", .title = "Concordance"};
  table.columns = {{"concordance", "C-index", ColumnKind::kNumber},
                   {"std_error", "Standard error", ColumnKind::kNumber},
                   {"bound", "Largest error from score bins", ColumnKind::kNumber},
                   {"concordant", "Concordant pairs", ColumnKind::kNumber},
                   {"discordant", "Discordant pairs", ColumnKind::kNumber},
                   {"tied_score", "Pairs of one score", ColumnKind::kNumber},
                   {"tied_time", "Pairs of one event time", ColumnKind::kNumber},
                   {"tied_both", "Pairs of both", ColumnKind::kNumber}};
  table.rows.push_back({Number(pairs[5]), Number(pairs[6]), pairs[7], pairs[0], pairs[1], pairs[2],
                        pairs[3], pairs[4]});
  return table;
}

void AddNotes(const CoxDesign& design, const CoxSettings& settings, const State& state,
              Result& result) {
  for (std::size_t j = 0; j < design.size(); ++j) {
    if (state.Get("redundant")[j] != 0) {
      result.notes.push_back(absl::StrCat(
          design.name(j), " was left out: it does not vary or follows from the terms before it"));
    } else if (state.Get("infinite")[j] != 0) {
      result.notes.push_back(absl::StrCat(
          "the log-likelihood converged before ", design.name(j),
          " did: its coefficient may be infinite (it separates events from the rest); its standard "
          "error and p mean nothing; a ridge penalty gives a finite estimate"));
    }
  }
  if (state.Scalar("converged") == 0) {
    result.notes.push_back(absl::StrCat("no convergence in ", settings.iterations_max,
                                        " iterations: the figures are those of the last one"));
  }
  if (settings.standardise) {
    result.notes.push_back("coefficients are per standard deviation of the covariate");
  }
  if (settings.ridge > 0) {
    result.notes.push_back(
        "with a ridge penalty there is no score test and no test of proportional hazards; standard "
        "errors are from the penalised information");
  }
  if (state.Has("restarts")) {
    result.notes.push_back("the fit started again because the set of sites changed");
  }
}

}  // namespace

Result CoxResult(const CoxDesign& design, const CoxSettings& settings, const State& state) {
  Result result;
  result.algorithm = "survival/cox";
  result.label = {Exactness::kExact, 1e-8, "R 4.2.2 survival 3.5-3 coxph()"};
  result.rounds = state.round;
  result.tables = {Coefficients(design, settings, state), FitTable(settings, state),
                   Tests(settings, state)};
  const std::vector<double>& pairs = state.Get("pairs");
  if (!pairs.empty()) result.tables.push_back(Concordance(pairs));
  result.tables.push_back(Covariance(design, settings, state));
  AddModel(Model(design, settings, state), "cox", "log", result);
  AddNotes(design, settings, state, result);
  return result;
}

}  // namespace essaim::survival
