#include "algo/algorithm.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/compensated.h"
#include "base/status_macros.h"

namespace essaim {
namespace {

// Messages name the block, never the person or the value.
absl::Status NotFinite(const Block& block) {
  return absl::InvalidArgumentError(
      absl::StrCat("a contribution to '", block.name, "' is not finite"));
}

absl::Status CheckOut(const Layout& layout, std::span<double> out) {
  if (layout.length() == out.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a vector of ", out.size(), " elements, expected ", layout.length()));
}

absl::Status ClipToBounds(const Layout& layout, std::span<double> x) {
  std::size_t i = 0;
  for (const Block& block : layout.blocks) {
    const double bound = block.integral ? std::floor(block.bound) : block.bound;
    for (const std::size_t end = i + block.length; i < end; ++i) {
      if (!std::isfinite(x[i])) return NotFinite(block);
      if (block.integral && x[i] != std::nearbyint(x[i])) {
        return absl::InvalidArgumentError(
            absl::StrCat("a contribution to '", block.name, "' is not a whole number"));
      }
      x[i] = std::clamp(x[i], -bound, bound);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFinite(const Layout& layout, std::span<const double> x) {
  std::size_t i = 0;
  for (const Block& block : layout.blocks) {
    for (const std::size_t end = i + block.length; i < end; ++i) {
      if (!std::isfinite(x[i])) return NotFinite(block);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PersonSum::LocalStatistic(const PersonTable& table, const State& state,
                                       std::span<double> out) const {
  const Layout layout = LayoutFor(state);
  ESSAIM_RETURN_IF_ERROR(CheckOut(layout, out));
  CompensatedVector total(out.size());
  std::vector<double> own(out.size());
  for (std::size_t person = 0; person < table.n_persons(); ++person) {
    std::fill(own.begin(), own.end(), 0.0);
    Contribute(table, person, state, own);
    ESSAIM_RETURN_IF_ERROR(ClipToBounds(layout, own));
    total.Add(own);
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = total.Value(i);
  return CheckFinite(layout, out);
}

absl::Status BlockSum::LocalStatistic(const PersonTable& table, const State& state,
                                      std::span<double> out) const {
  const Layout layout = LayoutFor(state);
  ESSAIM_RETURN_IF_ERROR(CheckOut(layout, out));
  const std::size_t n = table.n_persons();
  if (out.size() > kDenseMax) {
    for (std::size_t begin = 0; begin < n; begin += kPersonsPerBlock) {
      ESSAIM_RETURN_IF_ERROR(
          ContributeBlock(table, begin, std::min(n, begin + kPersonsPerBlock), state, out));
    }
    return CheckFinite(layout, out);
  }
  CompensatedVector total(out.size());
  std::vector<double> own(out.size());
  for (std::size_t begin = 0; begin < n; begin += kPersonsPerBlock) {
    std::fill(own.begin(), own.end(), 0.0);
    ESSAIM_RETURN_IF_ERROR(
        ContributeBlock(table, begin, std::min(n, begin + kPersonsPerBlock), state, own));
    total.Add(own);
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = total.Value(i);
  return CheckFinite(layout, out);
}

}  // namespace essaim
