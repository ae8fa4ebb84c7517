#include "secagg/threshold.h"

#include "absl/strings/str_format.h"

namespace essaim::secagg {

absl::StatusOr<std::size_t> ThresholdFor(std::size_t n_sites, std::size_t collusions) {
  if (n_sites < 2) return absl::InvalidArgumentError("a secure sum needs at least two sites");
  if (n_sites > kCompleteGraphMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d sites in one secure sum; at most %d", n_sites, kCompleteGraphMax));
  }
  const std::size_t threshold = (n_sites + collusions) / 2 + 1;
  if (n_sites - 1 <= collusions) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d colluding sites among %d leave no sum to hide in: at most %d",
                        collusions, n_sites, n_sites - 2));
  }
  return threshold;
}

}  // namespace essaim::secagg
