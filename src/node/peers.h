// The other sites, as this site's steward knows them, and the studies that wait for the steward.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/hub_run.h"
#include "store/store.h"

namespace essaim::node {

struct Peer {
  std::string site;
  std::string signing_key;
  bool trusted = false;
  bool changed =
      false;  // the hub now shows another key than the trusted one: refused until somebody looks
};

std::string PeerFingerprint(const Peer& peer);  // "AB:CD:..." of name and key
absl::StatusOr<std::vector<Peer>> Peers(Store& store);
// What the hub's roster says: new sites are kept as not trusted, a changed key is marked and never
// taken over.
absl::Status SeePeer(Store& store, const std::string& site, const std::string& signing_key);
// kNotFound; kFailedPrecondition if a fingerprint is given and is another.
absl::Status TrustPeer(Store& store, const std::string& site, const std::string& fingerprint);
absl::StatusOr<std::vector<RosterEntry>> TrustedPeers(Store& store);

// Studies by the hash of their bytes: "waiting", "approved" or "refused".
struct StewardStudy {
  std::string hash;
  std::string name, title, purpose, status;
};

absl::StatusOr<std::vector<StewardStudy>> StewardStudies(Store& store);
absl::StatusOr<StewardStudy> FindStewardStudy(Store& store, const std::string& hash_or_name);
absl::Status PutStewardStudy(Store& store, const StewardStudy& study);

}  // namespace essaim::node
