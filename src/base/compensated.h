// Compensated summation: the sum of n numbers with an error that does not grow with n.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace essaim {

// One sum. Reference: Neumaier (1974), ZAMM 54, 39-51.
class CompensatedSum {
 public:
  void Add(double x) {
    const double t = sum_ + x;
    lost_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - t) + x : (x - t) + sum_;
    sum_ = t;
  }

  double Value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

// A vector of such sums. Uses Knuth's branch-free two-sum, which the compiler can vectorise.
class CompensatedVector {
 public:
  explicit CompensatedVector(std::size_t n) : sum_(n), lost_(n) {}

  // x.size() elements onto those from `offset`.
  void Add(std::span<const double> x, std::size_t offset = 0) {
    double* const sum = sum_.data() + offset;
    double* const lost = lost_.data() + offset;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double t = sum[i] + x[i];
      const double z = t - sum[i];
      lost[i] += (sum[i] - (t - z)) + (x[i] - z);
      sum[i] = t;
    }
  }

  double Value(std::size_t i) const { return sum_[i] + lost_[i]; }

  std::size_t size() const { return sum_.size(); }

 private:
  std::vector<double> sum_, lost_;
};

}  // namespace essaim
