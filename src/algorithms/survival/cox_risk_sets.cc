#include "algorithms/survival/cox_risk_sets.h"

#include <cmath>

#include "algorithms/survival/redundant_cholesky.h"

namespace essaim::survival {
namespace {

// Adds scale * (row's covariance matrix) to the full matrix at `out` (leading dimension `stride`).
void AddCovariance(double scale, std::span<const double> row, std::size_t p, double* out,
                   std::size_t stride) {
  const double total = row[0];
  const double* second = row.data() + 1 + p;
  for (std::size_t j = 0; j < p; ++j) {
    const double mean_j = row[1 + j] / total;
    for (std::size_t k = 0; k <= j; ++k, ++second) {
      const double value = scale * (*second / total - mean_j * row[1 + k] / total);
      out[j * stride + k] += value;
      if (k != j) out[k * stride + j] += value;
    }
  }
}

}  // namespace

void AddRow(double weight, std::span<const double> u, std::span<double> row) {
  const std::size_t p = u.size();
  double* out = row.data();
  out[0] += weight;
  for (std::size_t j = 0; j < p; ++j) out[1 + j] += weight * u[j];
  out += 1 + p;
  for (std::size_t j = 0; j < p; ++j) {
    const double scaled = weight * u[j];
    for (std::size_t k = 0; k <= j; ++k) out[k] += scaled * u[k];
    out += j + 1;
  }
}

void RiskSets::Accumulate() {
  const std::size_t q = RowWidth(p);
  for (std::size_t s = 0; s + 1 < stratum_begin.size(); ++s) {
    for (std::size_t t = stratum_begin[s + 1]; t-- > stratum_begin[s] + 1;) {
      for (std::size_t i = 0; i < q; ++i) risk[(t - 1) * q + i] += risk[t * q + i];
    }
  }
}

void RiskSets::ForEachFactor(
    const std::function<void(std::size_t, double, std::span<const double>)>& visit) const {
  const std::size_t q = RowWidth(p);
  std::vector<double> reduced(q);
  for (std::size_t t = 0; t < n_times(); ++t) {
    const double d = deaths[t];
    if (d <= 0) continue;
    const std::span<const double> all(risk.data() + t * q, q);
    if (tied_row[t] == kNotTied || d < 2) {
      visit(t, d, all);
      continue;
    }
    const double* own = tied.data() + tied_row[t] * q;
    for (double k = 0; k < d; ++k) {
      for (std::size_t i = 0; i < q; ++i) reduced[i] = all[i] - k / d * own[i];
      visit(t, 1, reduced);
    }
  }
}

Likelihood LikelihoodOf(const RiskSets& sets, std::span<const double> gamma) {
  const std::size_t p = sets.p;
  Likelihood value;
  value.score.assign(p, 0);
  value.information.assign(p * p, 0);
  for (std::size_t t = 0; t < sets.n_times(); ++t) {
    for (std::size_t j = 0; j < p; ++j) {
      value.loglik += gamma[j] * sets.event_sums[t * p + j];
      value.score[j] += sets.event_sums[t * p + j];
    }
  }
  sets.ForEachFactor([&](std::size_t, double weight, std::span<const double> row) {
    value.loglik -= weight * std::log(row[0]);
    for (std::size_t j = 0; j < p; ++j) value.score[j] -= weight * row[1 + j] / row[0];
    AddCovariance(weight, row, p, value.information.data(), p);
  });
  return value;
}

std::vector<double> HazardIncrements(const RiskSets& sets) {
  std::vector<double> increments(sets.n_times(), 0.0);
  sets.ForEachFactor([&](std::size_t t, double weight, std::span<const double> row) {
    increments[t] += weight / row[0];
  });
  return increments;
}

std::vector<ProportionalityTest> TestProportionality(const RiskSets& sets,
                                                     std::span<const double> g,
                                                     std::span<const ColumnRange> terms) {
  const std::size_t p = sets.p, n = 2 * p;
  double events = 0, mean = 0;
  for (std::size_t t = 0; t < sets.n_times(); ++t) {
    events += sets.deaths[t];
    mean += sets.deaths[t] * g[t];
  }
  mean /= events;
  std::vector<double> score(p, 0.0), information(n * n, 0.0);
  for (std::size_t t = 0; t < sets.n_times(); ++t) {
    for (std::size_t j = 0; j < p; ++j) score[j] += (g[t] - mean) * sets.event_sums[t * p + j];
  }
  sets.ForEachFactor([&](std::size_t t, double weight, std::span<const double> row) {
    const double at = g[t] - mean;
    for (std::size_t j = 0; j < p; ++j) score[j] -= weight * at * row[1 + j] / row[0];
    AddCovariance(weight, row, p, information.data(), n);
    AddCovariance(weight * at, row, p, information.data() + p, n);
    AddCovariance(weight * at, row, p, information.data() + p * n, n);
    AddCovariance(weight * at * at, row, p, information.data() + p * n + p, n);
  });

  const auto test = [&](ColumnRange range) {
    const std::size_t width = range.end - range.begin, m = p + width;
    std::vector<std::size_t> columns;
    for (std::size_t j = 0; j < p; ++j) columns.push_back(j);
    for (std::size_t j = range.begin; j < range.end; ++j) columns.push_back(p + j);
    std::vector<double> matrix(m * m), u(m, 0.0);
    for (std::size_t a = 0; a < m; ++a) {
      for (std::size_t b = 0; b < m; ++b)
        matrix[a * m + b] = information[columns[a] * n + columns[b]];
      if (columns[a] >= p) u[a] = score[columns[a] - p];
    }
    const RedundantCholesky factor(matrix, m);
    ProportionalityTest result;
    result.chi_squared = factor.Quadratic(u);
    for (std::size_t a = p; a < m; ++a) result.degrees_of_freedom += factor.redundant(a) ? 0 : 1;
    return result;
  };
  std::vector<ProportionalityTest> tests;
  for (const ColumnRange range : terms) tests.push_back(test(range));
  tests.push_back(test({0, p}));
  return tests;
}

}  // namespace essaim::survival
