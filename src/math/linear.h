// Small dense linear algebra on symmetric matrices, packed: the lower triangle, row by row, so that
// element (i, j) with j <= i is at i (i + 1) / 2 + j.
//
// A dependent column is dropped as R's qr() drops it: columns are taken in their order, and one
// that the columns before it explain is named and left out. Pure values; may run concurrently.
// Reference: Golub and Van Loan (2013), Matrix Computations, 4.2.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

constexpr std::size_t PackedSize(std::size_t p) { return p * (p + 1) / 2; }

constexpr std::size_t PackedIndex(std::size_t i, std::size_t j) {
  return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

// A = L L' over the kept columns.
class Cholesky {
 public:
  // A column is dependent when what is left of its diagonal is at most `tolerance` of it. `a`:
  // PackedSize(p) elements. kInvalidArgument: a length that is not a triangle's, not finite.
  static absl::StatusOr<Cholesky> Factor(std::span<const double> a, double tolerance = 1e-11);

  std::size_t size() const { return p_; }

  std::size_t rank() const { return rank_; }

  const std::vector<std::size_t>& dependent() const { return dependent_; }  // ascending

  bool kept(std::size_t column) const { return kept_[column]; }

  // x with A x = b over the kept columns, zero elsewhere. b: size() elements.
  std::vector<double> Solve(std::span<const double> b) const;
  // Packed inverse over the kept columns, zero in the rows and columns of dependent ones.
  std::vector<double> Inverse() const;
  double LogDeterminant() const;  // of the kept part

 private:
  explicit Cholesky(std::size_t p) : p_(p), kept_(p, true), l_(PackedSize(p)) {}

  std::size_t p_;
  std::size_t rank_ = 0;
  std::vector<bool> kept_;
  std::vector<std::size_t> dependent_;
  std::vector<double> l_;
};

// x' A y for a packed symmetric A.
double QuadraticForm(std::span<const double> a, std::span<const double> x,
                     std::span<const double> y);

}  // namespace essaim
