// The rows that every registered algorithm is tried on: three sites of about 100 persons, made by a
// linear congruential generator, with missing values, many ties, and a level of `stage` (IV) that
// one site does not have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "data/person_table.h"

namespace essaim::conformance {

// Knuth's MMIX constants; the high bits are used. The same on every machine.
class Lcg {
 public:
  explicit Lcg(std::uint64_t seed) : state_(seed) { Uniform(); }

  double Uniform() {  // in [0, 1)
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

  std::size_t Below(std::size_t n) {
    return static_cast<std::size_t>(Uniform() * static_cast<double>(n));
  }

 private:
  std::uint64_t state_;
};

std::vector<std::string> SiteNames();
std::vector<PersonTable> ConformanceTables();

// 0..n-1 in an order of the generator's.
inline std::vector<std::size_t> Shuffled(std::size_t n, Lcg& lcg) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[lcg.Below(i)]);
  return order;
}

}  // namespace essaim::conformance
