#include "algorithms/survival/redundant_cholesky.h"

#include <algorithm>

namespace essaim::survival {

RedundantCholesky::RedundantCholesky(std::span<const double> matrix, std::size_t n,
                                     double tolerance)
    : n_(n), lower_(matrix.begin(), matrix.end()), diagonal_(n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, matrix[i * n + i]);
  constexpr double kRounding = 1e-14;
  for (std::size_t i = 0; i < n; ++i) {
    double pivot = lower_[i * n + i];
    const double least = std::max(tolerance * matrix[i * n + i], kRounding * largest);
    if (!(pivot > least)) pivot = 0;
    diagonal_[i] = pivot;
    rank_ += pivot > 0 ? 1 : 0;
    for (std::size_t j = i + 1; j < n; ++j) {
      const double factor = pivot > 0 ? lower_[j * n + i] / pivot : 0;
      lower_[j * n + i] = factor;
      lower_[j * n + j] -= factor * factor * pivot;
      for (std::size_t k = j + 1; k < n; ++k) {
        lower_[k * n + j] -= factor * lower_[k * n + i];
      }
    }
  }
}

std::vector<double> RedundantCholesky::Solve(std::span<const double> b) const {
  std::vector<double> x(b.begin(), b.end());
  for (std::size_t i = 0; i < n_; ++i) {
    for (std::size_t j = 0; j < i; ++j) x[i] -= lower_[i * n_ + j] * x[j];
  }
  for (std::size_t i = n_; i-- > 0;) {
    if (redundant(i)) {
      x[i] = 0;
      continue;
    }
    x[i] /= diagonal_[i];
    for (std::size_t j = i + 1; j < n_; ++j) x[i] -= lower_[j * n_ + i] * x[j];
  }
  return x;
}

std::vector<double> RedundantCholesky::Inverse() const {
  std::vector<double> inverse(n_ * n_, 0.0), unit(n_, 0.0);
  for (std::size_t j = 0; j < n_; ++j) {
    if (redundant(j)) continue;
    std::fill(unit.begin(), unit.end(), 0.0);
    unit[j] = 1;
    const std::vector<double> column = Solve(unit);
    for (std::size_t i = 0; i < n_; ++i) inverse[i * n_ + j] = column[i];
  }
  for (std::size_t i = 0; i < n_; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double mean = (inverse[i * n_ + j] + inverse[j * n_ + i]) / 2;
      inverse[i * n_ + j] = inverse[j * n_ + i] = mean;
    }
  }
  return inverse;
}

double RedundantCholesky::Quadratic(std::span<const double> b) const {
  const std::vector<double> x = Solve(b);
  double sum = 0;
  for (std::size_t i = 0; i < n_; ++i) sum += x[i] * b[i];
  return sum;
}

}  // namespace essaim::survival
