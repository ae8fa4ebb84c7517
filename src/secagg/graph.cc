#include "secagg/graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "crypto/seeded_entropy.h"
#include "secagg/threshold.h"

namespace essaim::secagg {
namespace {

constexpr double kSecurityBits = 40;
constexpr double kCorrectnessBits = 20;
constexpr double kRounding = 1e-14;  // rates are decimal fractions: 0.3 * 10 is 3, not 2
constexpr std::size_t kGraphSitesMax = 100'000;

double LogChoose(double n, double k) {
  if (k < 0 || k > n) return -std::numeric_limits<double>::infinity();
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

// How many of `drawn` sites, drawn without replacement from `total`, are among `marked`.
class Hypergeometric {
 public:
  Hypergeometric(std::size_t total, std::size_t marked, std::size_t drawn)
      : total_(static_cast<double>(total)),
        marked_(static_cast<double>(marked)),
        drawn_(static_cast<double>(drawn)),
        n_(drawn) {}

  // The smallest t for which P(X > t) <= p. Sums the upper tail from its small end.
  std::size_t UpperQuantile(double p) const {
    double tail = 0;
    for (std::size_t t = n_; t > 0; --t) {
      tail += Mass(t);
      if (tail > p) return t;
    }
    return 0;
  }

  // The smallest t for which P(X <= t) >= p.
  std::size_t LowerQuantile(double p) const {
    double cumulative = 0;
    for (std::size_t t = 0; t < n_; ++t) {
      cumulative += Mass(t);
      if (cumulative >= p) return t;
    }
    return n_;
  }

 private:
  double Mass(std::size_t k) const {
    const auto x = static_cast<double>(k);
    return std::exp(LogChoose(marked_, x) + LogChoose(total_ - marked_, drawn_ - x) -
                    LogChoose(total_, drawn_));
  }

  double total_, marked_, drawn_;
  std::size_t n_;
};

struct Counts {
  std::size_t n, adversarial, dropped;
};

// The probability that taking the adversarial and the dropped sites out leaves the rest in two
// parts: two gaps of degree/2 neighbouring sites each, over every pair of gaps (a union bound).
double LogDisconnected(const Counts& c, std::size_t degree) {
  const auto n = static_cast<double>(c.n), k = static_cast<double>(degree);
  const auto bad = static_cast<double>(c.adversarial + c.dropped);
  if (k > bad) return -std::numeric_limits<double>::infinity();
  return std::log(n) + std::log(n - k - 1) - std::log(2.0) + std::lgamma(bad + 1) +
         std::lgamma(n - k + 1) - std::lgamma(n + 1) - std::lgamma(bad - k + 1);
}

// The smallest threshold that is safe and live at this degree.
std::optional<std::size_t> ThresholdAt(const Counts& c, std::size_t degree, HubModel hub) {
  // Half of the permitted failure for each of the two ways to fail.
  const double permitted = std::exp2(-(kSecurityBits + 1));
  if (LogDisconnected(c, degree) >= std::log(permitted)) return std::nullopt;
  const auto n = static_cast<double>(c.n);
  // No site has more than `unsafe` adversarial neighbours; none has fewer than `live` survivors.
  std::size_t unsafe = Hypergeometric(c.n, c.adversarial, degree).UpperQuantile(permitted / n);
  const std::size_t live =
      Hypergeometric(c.n, c.n - c.dropped, degree).LowerQuantile(std::exp2(-kCorrectnessBits) / n);
  if (hub == HubModel::kSemiMalicious) {
    // Both kinds of shares of one site from disjoint halves: 2t > degree + adversarial neighbours.
    unsafe = (unsafe + degree) / 2;
  }
  if (live <= unsafe) return std::nullopt;
  return std::max<std::size_t>(unsafe + 1, 2);
}

// Uniform in [0, n), from bytes that everyone derives alike.
absl::StatusOr<std::uint64_t> UniformBelow(std::uint64_t n, Entropy& entropy) {
  const std::uint64_t refused = (0 - n) % n;  // 2^64 mod n: rejects the uneven remainder
  for (;;) {
    std::array<std::uint8_t, 8> raw;
    ESSAIM_RETURN_IF_ERROR(entropy.Fill(raw));
    std::uint64_t v = 0;
    for (int i = 0; i < 8; ++i) v |= static_cast<std::uint64_t>(raw[i]) << (8 * i);
    if (v >= refused) return v % n;
  }
}

}  // namespace

absl::StatusOr<GraphParameters> FindGraphParameters(const GraphRequirements& r) {
  const auto in_range = [](double rate) { return rate >= 0 && rate < 1; };
  if (r.n_sites < 2 || r.n_sites > kGraphSitesMax || !in_range(r.adversarial_rate) ||
      !in_range(r.dropout_rate)) {
    return absl::InvalidArgumentError("a graph needs two sites and rates in [0, 1)");
  }
  const auto n = static_cast<double>(r.n_sites);
  const Counts counts{
      .n = r.n_sites,
      .adversarial = static_cast<std::size_t>(std::floor((r.adversarial_rate + kRounding) * n)),
      .dropped = static_cast<std::size_t>(std::floor((r.dropout_rate + kRounding) * n))};
  for (std::size_t degree = 2; degree + 1 < r.n_sites; degree += 2) {
    if (const auto threshold = ThresholdAt(counts, degree, r.hub))
      return GraphParameters{.degree = degree, .threshold = *threshold};
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("no graph of %d sites bears %g adversaries and %g dropouts", r.n_sites,
                      r.adversarial_rate, r.dropout_rate));
}

absl::StatusOr<GraphParameters> PlanGraph(std::size_t n_sites, std::size_t collusions,
                                          std::size_t dropouts) {
  if (n_sites > limits::kSitesMax || collusions >= n_sites || dropouts >= n_sites) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d sites, %d colluding, %d dropping out", n_sites, collusions, dropouts));
  }
  if (n_sites <= kCompleteGraphMax) {
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t threshold, ThresholdFor(n_sites, collusions));
    if (threshold > n_sites - dropouts) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%d of %d sites must answer when %d may collude, so %d cannot drop out",
                          threshold, n_sites, collusions, dropouts));
    }
    return GraphParameters{.degree = n_sites - 1, .threshold = threshold};
  }
  const auto n = static_cast<double>(n_sites);
  return FindGraphParameters({.n_sites = n_sites,
                              .adversarial_rate = static_cast<double>(collusions) / n,
                              .dropout_rate = static_cast<double>(dropouts) / n,
                              .hub = HubModel::kSemiMalicious});
}

absl::StatusOr<std::vector<std::vector<std::uint32_t>>> NeighboursOf(std::size_t n_sites,
                                                                     std::size_t degree,
                                                                     std::string_view seed) {
  if (n_sites < 2 || n_sites > limits::kSitesMax || degree < 1 || degree >= n_sites ||
      (degree % 2 != 0 && degree != n_sites - 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("no graph of %d sites with %d neighbours each", n_sites, degree));
  }
  std::vector<std::uint32_t> ring(n_sites);
  std::iota(ring.begin(), ring.end(), 0);
  crypto::SeededEntropy entropy(SecretBytes::CopyOf(seed), "essaim/secagg/graph");
  for (std::size_t i = n_sites - 1; i > 0; --i) {
    ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t j, UniformBelow(i + 1, entropy));
    std::swap(ring[i], ring[j]);
  }
  std::vector<std::vector<std::uint32_t>> neighbours(n_sites);
  for (std::size_t i = 0; i < n_sites; ++i) {
    // Distances 1..degree/2 both ways; in the complete graph of an even n the last meets itself.
    for (std::size_t d = 1; d <= (degree + 1) / 2; ++d) {
      neighbours[ring[i]].push_back(ring[(i + d) % n_sites]);
      if (2 * d != n_sites) neighbours[ring[i]].push_back(ring[(i + n_sites - d) % n_sites]);
    }
    std::ranges::sort(neighbours[ring[i]]);
  }
  return neighbours;
}

}  // namespace essaim::secagg
