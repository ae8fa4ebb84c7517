// Makes SecureSums. Lives in engine, the only module that may know that a vector is the sum of all
// sites' and not one site's.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "algo/secure_sum.h"

namespace essaim {

class SecureSumMaker {
 public:
  // `values`: layout.length() elements. `sites`: positions in the study's list, ascending.
  static SecureSum Make(Layout layout, std::vector<double> values, std::vector<std::size_t> sites) {
    return SecureSum(std::move(layout), std::move(values), std::move(sites));
  }
};

}  // namespace essaim
