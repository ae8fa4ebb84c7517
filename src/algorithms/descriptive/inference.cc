#include "algorithms/descriptive/inference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/compensated.h"
#include "math/distributions.h"

namespace essaim::descriptive {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr TestValue kNoTest = {kNaN, kNaN, kNaN, kNaN};

TwoMeans FromError(const Moments& a, const Moments& b, double std_error, double df) {
  TwoMeans out{kNoTest, a.mean - b.mean, std_error};
  if (!(std_error > 0) || !(df > 0)) return out;
  const double t = out.difference / std_error;
  out.test = {t, df, kNaN, std::min(1.0, 2 * StudentTCdf(-std::fabs(t), df))};
  return out;
}

// Solves A x = b for a symmetric positive definite A of a few rows, by Gaussian elimination with
// pivoting. False if A is singular.
bool SolveSmall(std::vector<std::vector<double>> a, std::vector<double>& b) {
  const std::size_t p = b.size();
  for (std::size_t k = 0; k < p; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < p; ++i) {
      if (std::fabs(a[i][k]) > std::fabs(a[pivot][k])) pivot = i;
    }
    if (std::fabs(a[pivot][k]) < 1e-12) return false;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < p; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < p; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = p; k-- > 0;) {
    for (std::size_t j = k + 1; j < p; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return true;
}

struct Margins {
  std::vector<double> rows, columns;
  double n = 0;
};

Margins MarginsOf(std::span<const std::int64_t> counts, std::size_t n_columns) {
  Margins m{std::vector<double>(counts.size() / n_columns), std::vector<double>(n_columns)};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto n = static_cast<double>(counts[i]);
    m.rows[i / n_columns] += n;
    m.columns[i % n_columns] += n;
    m.n += n;
  }
  return m;
}

double NonEmpty(const std::vector<double>& totals) {
  return static_cast<double>(
      std::count_if(totals.begin(), totals.end(), [](double n) { return n > 0; }));
}

}  // namespace

TwoMeans WelchT(const Moments& a, const Moments& b) {
  const double va = a.variance / static_cast<double>(a.n);
  const double vb = b.variance / static_cast<double>(b.n);
  const double df =
      (va + vb) * (va + vb) /
      (va * va / static_cast<double>(a.n - 1) + vb * vb / static_cast<double>(b.n - 1));
  return FromError(a, b, std::sqrt(va + vb), df);
}

TwoMeans PooledT(const Moments& a, const Moments& b) {
  const auto na = static_cast<double>(a.n), nb = static_cast<double>(b.n);
  if (a.n < 1 || b.n < 1) return FromError(a, b, kNaN, kNaN);
  const double df = na + nb - 2;
  const double squares =
      (a.n > 1 ? a.variance * (na - 1) : 0) + (b.n > 1 ? b.variance * (nb - 1) : 0);
  return FromError(a, b, std::sqrt(squares / df * (1 / na + 1 / nb)), df);
}

AnovaTable OneWayAnova(std::span<const Moments> groups) {
  double n = 0, total = 0, k = 0;
  for (const Moments& g : groups) {
    if (g.n == 0) continue;
    n += static_cast<double>(g.n);
    total += static_cast<double>(g.n) * g.mean;
    k += 1;
  }
  AnovaTable out{kNoTest, 0, 0};
  for (const Moments& g : groups) {
    if (g.n == 0) continue;
    const double d = g.mean - total / n;
    out.between += static_cast<double>(g.n) * d * d;
    if (g.n > 1) out.within += static_cast<double>(g.n - 1) * g.variance;
  }
  const double df1 = k - 1, df2 = n - k;
  if (df1 < 1 || df2 < 1 || !(out.within > 0)) return out;
  const double f = (out.between / df1) / (out.within / df2);
  out.test = {f, df1, df2, FUpper(f, df1, df2)};
  return out;
}

ChiSquared ChiSquaredTest(std::span<const std::int64_t> counts, std::size_t n_columns,
                          bool correct) {
  const Margins m = MarginsOf(counts, n_columns);
  const double r = NonEmpty(m.rows), c = NonEmpty(m.columns);
  ChiSquared out{kNoTest, kNaN, std::llround(m.n), false};
  if (r < 2 || c < 2) return out;
  double yates = correct && r == 2 && c == 2 ? 0.5 : 0;
  const auto expected = [&](std::size_t i) {
    return m.rows[i / n_columns] * m.columns[i % n_columns] / m.n;
  };
  // R corrects by no more than the smallest deviation.
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (expected(i) > 0) {
      yates = std::min(yates, std::fabs(static_cast<double>(counts[i]) - expected(i)));
      out.small_expected = out.small_expected || expected(i) < 5;
    }
  }
  CompensatedSum statistic, uncorrected;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double e = expected(i);
    if (e <= 0) continue;
    const double d = std::fabs(static_cast<double>(counts[i]) - e);
    statistic.Add((d - yates) * (d - yates) / e);
    uncorrected.Add(d * d / e);
  }
  const double df = (r - 1) * (c - 1);
  out.test = {statistic.Value(), df, kNaN, ChiSquaredUpper(statistic.Value(), df)};
  out.cramers_v = std::sqrt(uncorrected.Value() / (m.n * (std::min(r, c) - 1)));
  return out;
}

double MeanDifference(const Moments& a, const Moments& b) {
  const double sd = std::sqrt((a.variance + b.variance) / 2);
  return sd > 0 ? (a.mean - b.mean) / sd : kNaN;
}

double LevelsDifference(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  const auto na = static_cast<double>(std::accumulate(a.begin(), a.end(), std::int64_t{0}));
  const auto nb = static_cast<double>(std::accumulate(b.begin(), b.end(), std::int64_t{0}));
  if (na <= 0 || nb <= 0) return kNaN;
  // The first level that is there is left out: the shares add up to one. Absent levels say nothing.
  std::vector<double> p, q;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] + b[i] == 0) continue;
    p.push_back(static_cast<double>(a[i]) / na);
    q.push_back(static_cast<double>(b[i]) / nb);
  }
  const std::size_t k = p.size() - 1;
  if (k == 0) return 0;
  std::vector<std::vector<double>> s(k, std::vector<double>(k));
  std::vector<double> d(k);
  for (std::size_t i = 0; i < k; ++i) {
    d[i] = p[i + 1] - q[i + 1];
    for (std::size_t j = 0; j < k; ++j) {
      const double pp = (i == j ? p[i + 1] : 0) - p[i + 1] * p[j + 1];
      const double qq = (i == j ? q[i + 1] : 0) - q[i + 1] * q[j + 1];
      s[i][j] = (pp + qq) / 2;
    }
  }
  std::vector<double> x = d;
  if (!SolveSmall(std::move(s), x)) return kNaN;
  return std::sqrt(std::max(0.0, std::inner_product(d.begin(), d.end(), x.begin(), 0.0)));
}

}  // namespace essaim::descriptive
