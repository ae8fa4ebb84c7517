// Cholesky factors of a symmetric matrix whose columns may depend on one another.
//
// A = L D L'. A pivot below `tolerance` times its own diagonal, or lost in the rounding of the
// largest one, marks its column as redundant: it is left out, its solution is 0, its rows of the
// inverse are 0. Columns are taken in order, so the later of two equal columns is the redundant
// one, as in R's coxph (cholesky2, chsolve2, chinv2 of survival). R compares with the largest
// diagonal, which depends on units.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace essaim::survival {

class RedundantCholesky {
 public:
  static constexpr double kTolerance = 1.818989403545857e-12;  // double.eps^0.75, as R

  // `matrix`: n * n, row-major, symmetric, finite.
  RedundantCholesky(std::span<const double> matrix, std::size_t n, double tolerance = kTolerance);

  std::size_t rank() const { return rank_; }

  bool redundant(std::size_t column) const { return diagonal_[column] == 0; }

  std::vector<double> Solve(std::span<const double> b) const;
  std::vector<double> Inverse() const;  // n * n, row-major
  // b' A^-1 b
  double Quadratic(std::span<const double> b) const;

 private:
  std::size_t n_ = 0, rank_ = 0;
  std::vector<double> lower_;     // unit lower triangle, row-major
  std::vector<double> diagonal_;  // 0: redundant
};

}  // namespace essaim::survival
