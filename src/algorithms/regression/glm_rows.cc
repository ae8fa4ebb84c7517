#include "algorithms/regression/glm_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/compensated.h"
#include "math/distributions.h"
#include "math/gram.h"
#include "math/linear.h"

namespace essaim::regression {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

// Where the elements of a fitting round are: LayoutFor's blocks in their order.
struct Offsets {
  explicit Offsets(std::size_t p)
      : information(6),
        score(information + PackedSize(p)),
        deviance(score + p),
        null(deviance + 1),
        likelihood(null + 3),
        rest(likelihood + 3) {}

  static constexpr std::size_t n = 0, bad = 1, bad_outcome = 2, extreme = 3, weights = 4;
  std::size_t information, score, deviance, null, likelihood, rest;
};

}  // namespace

void Glm::Load(const PersonTable& table, std::size_t begin, std::size_t end, const State& state,
               Rows& rows) const {
  const std::size_t n = rows.n = end - begin;
  rows.start = state.Scalar("iteration") == 0;
  rows.before_is_start = state.Get("before").empty();
  rows.outcome_centre = state.Scalar("outcome_centre");
  rows.null_intercept = state.Scalar("null_intercept");
  const std::size_t p = terms_.size();
  rows.x.resize(n * p);
  rows.complete.assign(n, 1);
  for (std::vector<double>* v : {&rows.eta, &rows.eta_before, &rows.w, &rows.wr, &rows.scratch}) {
    v->assign(n, 0.0);
  }
  const auto copy = [&](std::optional<std::size_t> variable, double otherwise,
                        std::vector<double>& to) {
    to.assign(n, otherwise);
    if (!variable) return;
    const double* const from = table.column(*variable).data() + begin;
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = from[i];
      rows.complete[i] &= from[i] == from[i] ? 1 : 0;
    }
  };
  copy(outcome_, 0, rows.y);
  copy(weights_, 1, rows.weight);
  copy(offset_, 0, rows.offset);
  terms_.Columns(table, begin, end, rows.x, rows.complete);
  for (std::size_t i = 0; i < n; ++i) {
    if (rows.complete[i] == 0 || !(rows.weight[i] > 0)) {
      rows.weight[i] = rows.y[i] = rows.offset[i] = 0;
    }
  }
  const std::vector<double>& centre = state.Get("centre");
  const std::vector<double>& scale = state.Get("scale");
  for (std::size_t j = 0; j < p; ++j) {
    if (centre[j] == 0 && scale[j] == 1) continue;
    double* const x = rows.x.data() + j * n;
    for (std::size_t i = 0; i < n; ++i) x[i] = (x[i] - centre[j]) / scale[j];
  }
}

void Glm::Moments(const Rows& rows, std::span<double> out) const {
  const std::size_t p = terms_.size();
  for (std::size_t i = 0; i < rows.n; ++i) out[0] += rows.weight[i] > 0 ? 1 : 0;
  for (std::size_t j = 0; j < p; ++j) {
    CompensatedSum sum, squares;
    for (std::size_t i = 0; i < rows.n; ++i) {
      if (!(rows.weight[i] > 0)) continue;
      const double x = rows.x[j * rows.n + i];
      sum.Add(x);
      squares.Add(x * x);
    }
    out[1 + j] += sum.Value();
    out[1 + p + j] += squares.Value();
  }
}

void Glm::Predict(const Rows& rows, std::span<const double> beta, std::span<double> eta) const {
  for (std::size_t i = 0; i < rows.n; ++i) eta[i] = rows.offset[i];
  for (std::size_t j = 0; j < beta.size(); ++j) {
    const double* const x = rows.x.data() + j * rows.n;
    const double b = beta[j];
    for (std::size_t i = 0; i < rows.n; ++i) eta[i] += b * x[i];
  }
}

Glm::RowFit Glm::FitRow(double y, double prior, double offset, double eta, bool start) const {
  RowFit row;
  if (start) eta = LinkOf(link_, MuStart(family_, y, prior));
  if (link_ == Link::kLogit && family_ == Family::kBinomial && std::fabs(eta) <= 30) {
    // The common case with one exponential and one logarithm.
    const double e = std::exp(eta);
    const double mu = e / (1 + e);
    row.mu = mu;
    row.weight = prior * (mu * (1 - mu));
    row.residual = prior * (y - mu);
    if (y == 0 || y == 1) {
      row.deviance = -2 * prior * std::log(y == 1 ? mu : 1 - mu);
    } else {
      row.deviance = prior * UnitDeviance(family_, y, mu);
    }
  } else {
    row.mu = InverseLink(link_, eta);
    const auto [least, most] = MeanRange(family_, outcome_upper_);
    if (!(row.mu >= least && row.mu <= most)) return row;
    const double slope = MuEta(link_, eta);
    row.weight = prior * slope * slope / Variance(family_, row.mu);
    row.residual = row.weight * ((y - row.mu) / slope);
    row.deviance = prior * UnitDeviance(family_, y, row.mu);
  }
  if (start) row.residual += row.weight * (eta - offset);
  row.valid = std::isfinite(row.residual) && std::isfinite(row.deviance);
  return row;
}

void Glm::AddNull(const Rows& rows, std::size_t i, std::span<double> null,
                  std::span<double> null_fit) const {
  const double y = rows.y[i];
  const double w = rows.weight[i];
  const double from = y - rows.outcome_centre;
  null[0] += w * from;
  switch (family_) {
    case Family::kGaussian:
      null[1] += w * from * from;
      break;
    case Family::kBinomial:
      null[1] += w * ((y > 0 ? y * std::log(y) : 0) + (y < 1 ? (1 - y) * std::log1p(-y) : 0));
      break;
    case Family::kPoisson:
      null[1] += y > 0 ? w * y * std::log(y) : 0;
      break;
    case Family::kGamma:
      null[1] += w * std::log(y);
      break;
  }
  if (null_fit.empty()) return;
  const bool start = terms_.intercept() && rows.start;
  const double eta = rows.null_intercept + rows.offset[i];
  const RowFit row = FitRow(y, w, rows.offset[i], eta, start);
  if (!row.valid) {
    null_fit[3] += 1;
    return;
  }
  null_fit[0] += row.weight;
  null_fit[1] += row.residual;
  null_fit[2] += row.deviance;
}

void Glm::AddLikelihood(double y, double prior, double mu, std::span<double> likelihood) const {
  switch (family_) {
    case Family::kGaussian:
      return;
    case Family::kBinomial: {
      // R rounds the numbers of trials and successes.
      const double m = std::nearbyint(prior);
      const double k = std::nearbyint(prior * y);
      if (k > 0 && k < m) {
        likelihood[0] += LogGamma(m + 1) - LogGamma(k + 1) - LogGamma(m - k + 1);
      }
      likelihood[0] += (k > 0 ? k * std::log(mu) : 0) + (m > k ? (m - k) * std::log1p(-mu) : 0);
      return;
    }
    case Family::kPoisson:
      likelihood[0] += prior * (y * std::log(mu) - mu - LogGamma(y + 1));
      return;
    case Family::kGamma:
      likelihood[0] += prior * std::log(mu);
      likelihood[1] += prior * y / mu;
      likelihood[2] += prior * std::log(y);
      return;
  }
}

// R's dispersion takes the working weights of the last iteration's start and the residuals of its
// end.
double Glm::Pearson(const Rows& rows, std::size_t i) const {
  if (rows.start) return 0;
  const RowFit before =
      FitRow(rows.y[i], rows.weight[i], rows.offset[i], rows.eta_before[i], rows.before_is_start);
  const double mu = InverseLink(link_, rows.eta[i]);
  const double residual = (rows.y[i] - mu) / MuEta(link_, rows.eta[i]);
  const double x = before.weight * residual * residual;
  return std::isfinite(x) ? std::min(x, weight_bound_ * 1e8) : 0;
}

void Glm::Fit(const State& state, Rows& rows, std::span<double> out) const {
  const std::size_t p = terms_.size();
  const Offsets at(p);
  if (!rows.start) Predict(rows, state.Get("beta"), rows.eta);
  if (!rows.before_is_start) Predict(rows, state.Get("before"), rows.eta_before);
  const std::size_t null_fit = at.rest + (needs_before() ? 1 : 0);
  for (std::size_t i = 0; i < rows.n; ++i) {
    const double prior = rows.weight[i];
    if (!(prior > 0)) continue;
    out[at.n] += 1;
    const double y = rows.y[i];
    if (family_ == Family::kGamma && !(y > 0)) {
      out[at.bad_outcome] += 1;
      continue;
    }
    const RowFit row = FitRow(y, prior, rows.offset[i], rows.eta[i], rows.start);
    AddNull(rows, i, out.subspan(at.null, 3),
            own_null_fit() ? out.subspan(null_fit, 4) : std::span<double>());
    out[at.weights] += prior;
    if (weights_) out[at.weights + 1] += std::log(prior);
    if (!row.valid) {
      out[at.bad] += 1;
      continue;
    }
    rows.w[i] = row.weight;
    rows.wr[i] = row.residual;
    out[at.deviance] += row.deviance;
    const bool at_end =
        row.mu < 10 * kEps || (family_ == Family::kBinomial && row.mu > 1 - 10 * kEps);
    if (family_ != Family::kGaussian && family_ != Family::kGamma && at_end) out[at.extreme] += 1;
    if (weights_ || family_ != Family::kBinomial || (y != 0 && y != 1)) {
      AddLikelihood(y, prior, row.mu, out.subspan(at.likelihood, 3));
    } else {
      out[at.likelihood] -= 0.5 * row.deviance;
    }
    if (needs_before()) out[at.rest] += Pearson(rows, i);
  }
  AddWeightedGram(rows.x, p, rows.w, rows.scratch, out.subspan(at.information, PackedSize(p)));
  AddTransposed(rows.x, p, rows.wr, out.subspan(at.score, p));
}

absl::Status Glm::ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                                  const State& state, std::span<double> out) const {
  if (!Accepts(state)) return absl::InvalidArgumentError("a state that this analysis cannot have");
  Rows rows;
  for (std::size_t from = begin; from < end; from += Rows::kMax) {
    Load(table, from, std::min(end, from + Rows::kMax), state, rows);
    if (state.Scalar("fitting") != 0) {
      Fit(state, rows, out);
    } else {
      Moments(rows, out);
    }
  }
  return absl::OkStatus();
}

}  // namespace essaim::regression
