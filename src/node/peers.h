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
  std::string offered_key;  // what the hub now shows instead of the trusted key; else empty
};

// "AB:CD:..." of a site's name and key: what two stewards compare without the hub.
std::string PeerFingerprint(const std::string& site, const std::string& signing_key);
absl::StatusOr<std::vector<Peer>> Peers(Store& store);
// What the hub's roster says: new sites are kept as not trusted, a changed key is marked and never
// taken over.
absl::Status SeePeer(Store& store, const std::string& site, const std::string& signing_key);
// kNotFound; kPermissionDenied if the fingerprint is another, or if the key has changed and none is
// given: a new key in place of a trusted one is taken only by its fingerprint.
absl::Status TrustPeer(Store& store, const std::string& site, const std::string& fingerprint);
absl::StatusOr<std::vector<RosterEntry>> TrustedPeers(Store& store);

// Studies by the hash of their bytes: "waiting", "approved" or "refused".
struct StewardStudy {
  std::string hash;
  std::string name, title, purpose, status;
};

absl::StatusOr<std::vector<StewardStudy>> StewardStudies(Store& store);
// By its name, its hash or the first eight or more digits of it. kInvalidArgument: several are.
absl::StatusOr<StewardStudy> FindStewardStudy(Store& store, const std::string& hash_or_name);
absl::Status PutStewardStudy(Store& store, const StewardStudy& study);

}  // namespace essaim::node
