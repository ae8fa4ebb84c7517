#include "math/linear.h"

#include <cmath>

namespace essaim {

absl::StatusOr<Cholesky> Cholesky::Factor(std::span<const double> a, double tolerance) {
  std::size_t p = 0;
  while (PackedSize(p) < a.size()) ++p;
  if (PackedSize(p) != a.size()) {
    return absl::InvalidArgumentError("not the length of a packed triangle");
  }
  for (const double x : a) {
    if (!std::isfinite(x)) return absl::InvalidArgumentError("a matrix that is not finite");
  }
  Cholesky c(p);
  for (std::size_t i = 0; i < p; ++i) {
    double* const row = c.l_.data() + PackedIndex(i, 0);
    double left = a[PackedIndex(i, i)];
    for (std::size_t j = 0; j < i; ++j) {
      if (!c.kept_[j]) continue;
      const double* const other = c.l_.data() + PackedIndex(j, 0);
      double s = a[PackedIndex(i, j)];
      for (std::size_t k = 0; k < j; ++k) s -= row[k] * other[k];
      row[j] = s / other[j];
      left -= row[j] * row[j];
    }
    if (left <= tolerance * a[PackedIndex(i, i)] || left <= 0) {
      c.kept_[i] = false;
      c.dependent_.push_back(i);
      for (std::size_t k = 0; k <= i; ++k) row[k] = 0;
    } else {
      row[i] = std::sqrt(left);
      ++c.rank_;
    }
  }
  return c;
}

std::vector<double> Cholesky::Solve(std::span<const double> b) const {
  std::vector<double> x(p_, 0.0);
  for (std::size_t i = 0; i < p_; ++i) {
    if (!kept_[i]) continue;
    double s = b[i];
    for (std::size_t k = 0; k < i; ++k) s -= l_[PackedIndex(i, k)] * x[k];
    x[i] = s / l_[PackedIndex(i, i)];
  }
  for (std::size_t i = p_; i-- > 0;) {
    if (!kept_[i]) continue;
    double s = x[i];
    for (std::size_t k = i + 1; k < p_; ++k) {
      if (kept_[k]) s -= l_[PackedIndex(k, i)] * x[k];
    }
    x[i] = s / l_[PackedIndex(i, i)];
  }
  return x;
}

std::vector<double> Cholesky::Inverse() const {
  std::vector<double> inverse(PackedSize(p_), 0.0);
  std::vector<double> unit(p_, 0.0);
  for (std::size_t j = 0; j < p_; ++j) {
    if (!kept_[j]) continue;
    unit[j] = 1;
    const std::vector<double> x = Solve(unit);
    unit[j] = 0;
    for (std::size_t i = j; i < p_; ++i) inverse[PackedIndex(i, j)] = x[i];
  }
  return inverse;
}

double Cholesky::LogDeterminant() const {
  double s = 0;
  for (std::size_t i = 0; i < p_; ++i) {
    if (kept_[i]) s += 2 * std::log(l_[PackedIndex(i, i)]);
  }
  return s;
}

double QuadraticForm(std::span<const double> a, std::span<const double> x,
                     std::span<const double> y) {
  double s = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double row = 0;
    for (std::size_t j = 0; j < y.size(); ++j) row += a[PackedIndex(i, j)] * y[j];
    s += x[i] * row;
  }
  return s;
}

}  // namespace essaim
