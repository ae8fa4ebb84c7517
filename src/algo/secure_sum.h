// The sum of all nodes' statistics: the only thing an algorithm's hub side ever sees.
//
// Only the engine can make one (SecureSumMaker is befriended and lives in engine/), so Update
// cannot be called with one node's vector.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "algo/layout.h"

namespace essaim {

class SecureSum {
 public:
  const Layout& layout() const { return layout_; }

  std::span<const double> values() const { return values_; }

  // The elements of the block of that name. A programmer fault if the layout has no such block.
  std::span<const double> block(std::string_view name) const;
  double scalar(std::string_view name) const;  // the only element of a block of length 1

  const std::vector<std::size_t>& sites() const {
    return sites_;
  }  // whose vectors were added, ascending

 private:
  friend class SecureSumMaker;

  SecureSum(Layout layout, std::vector<double> values, std::vector<std::size_t> sites)
      : layout_(std::move(layout)), values_(std::move(values)), sites_(std::move(sites)) {}

  Layout layout_;
  std::vector<double> values_;
  std::vector<std::size_t> sites_;
};

}  // namespace essaim
