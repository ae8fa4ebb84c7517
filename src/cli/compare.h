// The largest difference between a federated result and the pooled one, table by table.
#pragma once

#include <string>
#include <vector>

#include "algo/result.h"

namespace essaim::cli {

struct Difference {
  std::string table;         // id
  std::size_t n_values = 0;  // numbers compared; hidden cells are left out
  double largest = 0;        // |a - b| / max(1, |b|)
  bool same_shape = true;    // false: rows, columns or texts differ
};

std::vector<Difference> Compare(const Result& federated, const Result& pooled);

}  // namespace essaim::cli
