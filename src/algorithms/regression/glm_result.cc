// The tables of a fit and what people should know about it.
#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "algo/model.h"
#include "algorithms/regression/glm.h"
#include "base/strings.h"
#include "math/distributions.h"
#include "math/linear.h"

namespace essaim::regression {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Cell NumberCell(double x) { return std::isfinite(x) ? Cell(x) : Cell(); }

}  // namespace

// Coefficients on the reported scale, NaN for dropped columns.
std::vector<double> Glm::Reported(const State& state) const {
  const std::vector<double>& beta = state.Get("beta");
  const std::vector<double>& c = state.Get("centre");
  const std::vector<double>& s = state.Get("scale");
  const std::vector<double>& m = state.Get("reported_centre");
  const std::vector<double>& sd = state.Get("reported_scale");
  const std::vector<double>& aliased = state.Get("aliased");
  std::vector<double> reported(beta.size());
  double shift = 0;
  for (std::size_t j = 0; j < beta.size(); ++j) {
    reported[j] = beta[j] * (sd.empty() ? 1.0 : sd[j]) / s[j];
    shift += beta[j] * ((m.empty() ? 0.0 : m[j]) - c[j]) / s[j];
  }
  if (terms_.intercept()) reported[0] += shift;
  for (std::size_t j = 0; j < beta.size(); ++j) {
    if (aliased[j] != 0) reported[j] = kNan;
  }
  return reported;
}

void Glm::AddCoefficients(const State& state, Result& result) const {
  const bool t = family_ == Family::kGaussian || family_ == Family::kGamma;
  const bool ratio = link_ == Link::kLogit || link_ == Link::kLog;
  const std::string of = link_ == Link::kLogit ? "Odds ratio" : "Ratio";
  ResultTable table;
  table.id = "coefficients";
  table.title = "Coefficients";
  table.columns = {{"term", "Term", ColumnKind::kText},
                   {"estimate", "Estimate", ColumnKind::kNumber},
                   {"std_error", "Standard error", ColumnKind::kNumber},
                   {"lower", "Lower limit", ColumnKind::kNumber},
                   {"upper", "Upper limit", ColumnKind::kNumber},
                   {"statistic", t ? "t" : "z", ColumnKind::kNumber},
                   {"p_value", "p", ColumnKind::kPValue}};
  if (ratio) {
    table.columns.push_back({"ratio", of, ColumnKind::kNumber});
    table.columns.push_back({"ratio_lower", of + ", lower limit", ColumnKind::kNumber});
    table.columns.push_back({"ratio_upper", of + ", upper limit", ColumnKind::kNumber});
  }
  const std::vector<double> beta = Reported(state);
  const std::vector<double>& covariance = state.Get("covariance");
  const double df = state.Scalar("df");
  // Wald limits as R's confint.default(): the normal quantile for every family.
  const double z = NormalQuantile(0.5 + options_.level / 2);
  for (std::size_t j = 0; j < beta.size(); ++j) {
    const double se = std::sqrt(covariance[PackedIndex(j, j)] * state.Scalar("dispersion"));
    const double statistic = beta[j] / se;
    const double p =
        2 * (t ? StudentTUpper(std::fabs(statistic), df) : NormalUpper(std::fabs(statistic)));
    const bool kept = !std::isnan(beta[j]);
    std::vector<Cell> row = {terms_.names()[j]};
    for (const double x : {beta[j], se, beta[j] - z * se, beta[j] + z * se, statistic, p}) {
      row.push_back(kept ? NumberCell(x) : Cell());
    }
    if (ratio) {
      for (const double x : {beta[j], beta[j] - z * se, beta[j] + z * se}) {
        row.push_back(kept ? NumberCell(std::exp(x)) : Cell());
      }
    }
    table.rows.push_back(std::move(row));
  }
  result.tables.push_back(std::move(table));
  const std::vector<double>& m = state.Get("reported_centre");
  const std::vector<double>& sd = state.Get("reported_scale");
  std::vector<ModelColumn> columns;
  for (std::size_t j = 0; j < beta.size(); ++j) {
    columns.push_back({terms_.names()[j], beta[j], m.empty() ? 0 : m[j], sd.empty() ? 1 : sd[j]});
  }
  AddModel(columns, std::string(NameOf(family_)), std::string(NameOf(link_)), result);
}

void Glm::AddFit(const State& state, Result& result) const {
  ResultTable table;
  table.id = "fit";
  table.title = "Fit";
  table.columns = {{"n", "Persons", ColumnKind::kCount}};
  table.rows = {{static_cast<std::int64_t>(state.Scalar("n"))}};
  const auto add = [&](const char* key, const char* name, const char* title) {
    table.columns.push_back({name, title, ColumnKind::kNumber});
    table.rows[0].push_back(NumberCell(state.Scalar(key)));
  };
  add("deviance", "deviance", "Deviance");
  add("df", "df_residual", "Residual degrees of freedom");
  add("null_deviance", "null_deviance", "Null deviance");
  add("df_null", "df_null", "Null degrees of freedom");
  add("aic", "aic", "AIC");
  add("log_likelihood", "log_likelihood", "Log-likelihood");
  add("dispersion", "dispersion", "Dispersion");
  add("iteration", "iterations", "Iterations");
  add("rank", "rank", "Rank");
  add("converged", "converged", "Converged (1) or not (0)");
  result.tables.push_back(std::move(table));
}

void Glm::AddNotes(const State& state, Result& result) const {
  std::vector<std::string> dropped, diverging;
  const std::vector<double> beta = Reported(state);
  const std::vector<double>& covariance = state.Get("covariance");
  for (std::size_t j = 0; j < beta.size(); ++j) {
    if (std::isnan(beta[j])) {
      dropped.push_back(terms_.names()[j]);
      continue;
    }
    const bool may_separate = family_ == Family::kBinomial || family_ == Family::kPoisson;
    if (!may_separate || options_.lambda > 0) continue;
    // The effect of one unit of a 0/1 column, of one standard deviation of any other.
    const bool zero_one = terms_.lower(j) == 0 && terms_.upper(j) == 1;
    const double unit = zero_one ? 1 / state.Get("scale")[j] : 1;
    const double effect = std::fabs(state.Get("beta")[j]) * unit;
    const double se = std::sqrt(covariance[PackedIndex(j, j)]);
    if (effect > 10 && se > 3 * std::fabs(beta[j])) diverging.push_back(terms_.names()[j]);
  }
  for (const std::string& name : dropped) {
    result.notes.push_back(absl::StrCat(
        "'", name,
        "' was dropped: over these rows it is constant or explained by the columns before it."));
  }
  if (!diverging.empty()) {
    result.notes.push_back(absl::StrCat(
        "The outcome appears to be separated: the coefficients of ", absl::StrJoin(diverging, ", "),
        " grow without limit, and their standard errors and tests mean nothing. A ridge penalty "
        "(lambda) gives finite estimates."));
  }
  if (state.Scalar("extreme") > 0) {
    result.notes.push_back(family_ == Family::kBinomial
                               ? "Fitted probabilities numerically 0 or 1 occurred."
                               : "Fitted rates numerically 0 occurred.");
  }
  if (state.Scalar("converged") == 0) {
    result.notes.push_back(
        absl::StrCat("The iterations did not converge within ", options_.iterations_max, "."));
  }
  if (options_.lambda > 0) {
    result.notes.push_back(absl::StrCat("Ridge penalty lambda = ", options_.lambda,
                                        ": estimates are shrunken, and intervals do not cover at "
                                        "their nominal level."));
  }
}

absl::StatusOr<Result> Glm::ResultOf(const State& state) const {
  if (!state.done || state.Get("beta").size() != terms_.size() ||
      state.Get("covariance").size() != PackedSize(terms_.size())) {
    return absl::FailedPreconditionError("the fit has not ended");
  }
  Result result;
  result.algorithm = "regression/glm";
  result.label = {Exactness::kExact, 1e-8, "R 4.2.2 glm()"};
  if (options_.lambda > 0) result.label.reference = "the pooled penalised likelihood's maximum";
  result.rounds = state.round;
  AddCoefficients(state, result);
  AddFit(state, result);
  AddNotes(state, result);
  return result;
}

}  // namespace essaim::regression
