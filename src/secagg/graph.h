// Who shares masks and shares with whom, and how many must answer.
//
// Up to kCompleteGraphMax sites: everyone with everyone, and the exact threshold of threshold.h.
// Above: a k-regular Harary graph (site i's neighbours are the k/2 on each side in a ring) over a
// random order of the sites, with k and the threshold from the parameter finder of Bell, Bonawitz,
// Gascon, Lepoint and Raykova (2020), "Secure Single-Server Aggregation with (Poly)Logarithmic
// Overhead", ACM CCS: security fails with probability below 2^-40 and a round with at most the
// stated dropouts below 2^-20. Golden: tests/golden/secagg_graph.json (google-parfait's cases).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::secagg {

enum class HubModel {
  kCurious,       // follows the protocol
  kSemiMalicious  // may lie about who dropped, but not about keys (these are signed)
};

struct GraphRequirements {
  std::size_t n_sites = 0;
  double adversarial_rate = 0;  // of the sites, in league with the hub; in [0, 1)
  double dropout_rate = 0;      // in [0, 1)
  HubModel hub = HubModel::kSemiMalicious;
};

struct GraphParameters {
  std::size_t degree = 0;     // neighbours of each site, even unless the graph is complete
  std::size_t threshold = 0;  // of a site's shares, spread over it and its neighbours
};

// The smallest degree that satisfies the requirements. Counts floor(rate * n) adversaries, so below
// some fifty sites it assumes none at all: call PlanGraph. kInvalidArgument for rates out of range,
// kFailedPrecondition if no degree below n - 1 will do.
absl::StatusOr<GraphParameters> FindGraphParameters(const GraphRequirements& requirements);

// What a session uses: the complete graph up to kCompleteGraphMax sites, the finder above.
// kInvalidArgument if the thresholds 2t > n + collusions and t <= n - dropouts exclude each other.
absl::StatusOr<GraphParameters> PlanGraph(std::size_t n_sites, std::size_t collusions,
                                          std::size_t dropouts);

// Every site's neighbours, ascending: neighbours[i] has `degree` entries, i is in neighbours[j]
// exactly if j is in neighbours[i]. `seed` (public, fixed after the sites are: the hash of the
// signed roster and the session) orders the ring. kInvalidArgument for an odd degree of a graph
// that is not complete, or a degree of n or more.
absl::StatusOr<std::vector<std::vector<std::uint32_t>>> NeighboursOf(std::size_t n_sites,
                                                                     std::size_t degree,
                                                                     std::string_view seed);

}  // namespace essaim::secagg
