// Means, variances and skewness of several variables in the cells of a grouping.
//
// Statistic of a round: persons[G], then for every variable n[G] and the sums over persons of
// y, y^2 and y^3 (as many as `order`), y = (x - c) / h. The centre c and the half-width h are
// public: c is the middle of the schema's range in the first round and the mean it gave afterwards,
// h the farthest that the range reaches from c, so |y| <= 1. Two rounds keep the precision that one
// pass about a far centre would lose (Chan, Golub & LeVeque (1983), The American Statistician
// 37(3)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/descriptive/grouping.h"
#include "algorithms/descriptive/part.h"

namespace essaim::descriptive {

struct Moments {
  std::int64_t persons = 0;  // in the cell
  std::int64_t n = 0;        // of them with a value
  double mean = 0;           // NaN if n == 0
  double variance = 0;       // divisor n - 1, NaN if n < 2
  double skewness = 0;       // m3 / m2^(3/2) (g1), NaN if n < 2 or all values are equal; order 3

  std::int64_t missing() const { return persons - n; }

  double sd() const;
};

class MomentsPart : public Part {
 public:
  // `variables`: indices of numbers or booleans of the schema. `order`: 1, 2 or 3.
  MomentsPart(std::string prefix, const Schema& schema, std::vector<std::size_t> variables,
              Grouping grouping, int order);

  void Start(State& state) const override;
  bool Accepts(const State& state) const override;
  void AppendLayout(const State& state, Layout& layout) const override;
  std::size_t length_max() const override;
  void Contribute(const PersonTable& table, std::size_t begin, std::size_t end, const State& state,
                  std::span<double> out) const override;
  absl::StatusOr<bool> Update(const State& before, const SecureSum& sum,
                              State& after) const override;

  // Of the i-th variable in a cell, once resolved.
  Moments Of(const State& state, std::size_t variable, std::size_t cell) const;

 private:
  struct Scale {
    double centre, half_width;
  };

  Scale ScaleOf(const State& state, std::size_t variable, std::size_t cell) const;
  void ContributeVariable(const PersonTable& table, std::size_t begin, std::size_t end,
                          const State& state, std::size_t variable, std::span<double> out) const;
  Moments Compute(std::span<const double> n, std::span<const double> sums, double persons,
                  std::size_t element, Scale scale) const;

  std::vector<std::size_t> variables_;
  std::vector<double> lower_, upper_;
  Grouping grouping_;
  std::size_t order_;
};

}  // namespace essaim::descriptive
