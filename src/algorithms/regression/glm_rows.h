// A piece of a block of rows, as the fit's inner loops want it. Private to regression/glm.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "algorithms/regression/glm.h"

namespace essaim::regression {

// Means that a row may have; beyond them it is bad.
std::pair<double, double> MeanRange(Family family, double outcome_upper);

struct Glm::Rows {
  static constexpr std::size_t kMax = 256;  // 20 columns of it stay in a processor's first cache

  std::size_t n = 0;
  std::vector<double> x;                  // working columns, one after the other
  std::vector<double> y, weight, offset;  // weight 0: takes no part
  std::vector<std::uint8_t> complete;
  std::vector<double> eta, eta_before, w, wr, scratch;
  // What the rows' loop needs of the state.
  bool start = false, before_is_start = false;
  double outcome_centre = 0, null_intercept = 0;
};

}  // namespace essaim::regression
