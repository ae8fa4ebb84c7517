#include "node/peers.h"

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "transport/json_text.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

absl::StatusOr<Peer> PeerOf(const std::string& site, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return absl::DataLossError("a stored peer that does not parse");
  ESSAIM_ASSIGN_OR_RETURN(const std::string key, FromHex(JsonText(json, "key")));
  ESSAIM_ASSIGN_OR_RETURN(const std::string offered, FromHex(JsonText(json, "offered_key")));
  return Peer{.site = site,
              .signing_key = key,
              .trusted = json.value("trusted", false),
              .offered_key = offered};
}

absl::Status PutPeer(Store& store, const Peer& peer) {
  return store.Put("peer", peer.site,
                   JsonBytes(Json{{"key", ToHex(peer.signing_key)},
                                  {"trusted", peer.trusted},
                                  {"offered_key", ToHex(peer.offered_key)}}));
}

}  // namespace

std::string PeerFingerprint(const std::string& site, const std::string& signing_key) {
  std::string text;
  for (const char byte : crypto::HashOf("essaim/peer", {site, signing_key})) {
    if (!text.empty()) text += ':';
    absl::StrAppendFormat(&text, "%02X", static_cast<unsigned char>(byte));
  }
  return text;
}

absl::StatusOr<std::vector<Peer>> Peers(Store& store) {
  ESSAIM_ASSIGN_OR_RETURN(const auto stored, store.List("peer"));
  std::vector<Peer> peers;
  for (const auto& [site, text] : stored) {
    ESSAIM_ASSIGN_OR_RETURN(peers.emplace_back(), PeerOf(site, text));
  }
  return peers;
}

absl::Status SeePeer(Store& store, const std::string& site, const std::string& signing_key) {
  const absl::StatusOr<std::string> known = store.Get("peer", site);
  if (absl::IsNotFound(known.status()))
    return PutPeer(store, {.site = site, .signing_key = signing_key, .offered_key = ""});
  ESSAIM_RETURN_IF_ERROR(known.status());
  ESSAIM_ASSIGN_OR_RETURN(Peer peer, PeerOf(site, *known));
  const std::string& shown = peer.offered_key.empty() ? peer.signing_key : peer.offered_key;
  if (shown == signing_key) return absl::OkStatus();
  if (peer.trusted) {  // the trusted key stays
    peer.offered_key = signing_key == peer.signing_key ? "" : signing_key;
  } else {
    peer.signing_key = signing_key;
  }
  return PutPeer(store, peer);
}

absl::Status TrustPeer(Store& store, const std::string& site, const std::string& fingerprint) {
  const absl::StatusOr<std::string> known = store.Get("peer", site);
  if (!known.ok())
    return absl::NotFoundError(
        absl::StrCat("no peer ", site, "; essaim node peers list shows them"));
  ESSAIM_ASSIGN_OR_RETURN(Peer peer, PeerOf(site, *known));
  const std::string& shown = peer.offered_key.empty() ? peer.signing_key : peer.offered_key;
  const std::string expected = PeerFingerprint(site, shown);
  if (fingerprint.empty() && !peer.offered_key.empty()) {
    return absl::PermissionDeniedError(
        absl::StrCat("the key of ", site, " has changed: ask its steward for the fingerprint of ",
                     "essaim node status, then trust it with --fingerprint"));
  }
  if (!fingerprint.empty() && fingerprint != expected) {
    return absl::PermissionDeniedError(
        absl::StrCat("the fingerprint is not ", site, "'s: the hub shows ", expected));
  }
  peer.signing_key = shown;
  peer.offered_key.clear();
  peer.trusted = true;
  return PutPeer(store, peer);
}

absl::StatusOr<std::vector<RosterEntry>> TrustedPeers(Store& store) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Peer> peers, Peers(store));
  std::vector<RosterEntry> trusted;
  for (const Peer& peer : peers) {
    if (peer.trusted) trusted.push_back({.site = peer.site, .signing_key = peer.signing_key});
  }
  return trusted;
}

absl::StatusOr<std::vector<StewardStudy>> StewardStudies(Store& store) {
  ESSAIM_ASSIGN_OR_RETURN(const auto stored, store.List("study"));
  std::vector<StewardStudy> studies;
  for (const auto& [hash, text] : stored) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return absl::DataLossError("a stored study that does not parse");
    studies.push_back({.hash = hash,
                       .name = JsonText(json, "name"),
                       .title = JsonText(json, "title"),
                       .purpose = JsonText(json, "purpose"),
                       .status = JsonText(json, "status")});
  }
  return studies;
}

absl::StatusOr<StewardStudy> FindStewardStudy(Store& store, const std::string& hash_or_name) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<StewardStudy> studies, StewardStudies(store));
  const StewardStudy* found = nullptr;
  for (const StewardStudy& study : studies) {
    const bool is = study.name == hash_or_name || study.hash == hash_or_name ||
                    (hash_or_name.size() >= 8 && absl::StartsWith(study.hash, hash_or_name));
    if (!is) continue;
    if (found != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("several studies are called ", hash_or_name,
                       "; give the beginning of a hash: essaim node studies list shows them"));
    }
    found = &study;
  }
  if (found != nullptr) return *found;
  return absl::NotFoundError(
      absl::StrCat("no study ", hash_or_name, "; essaim node studies list shows them"));
}

absl::Status PutStewardStudy(Store& store, const StewardStudy& study) {
  return store.Put("study", study.hash,
                   JsonBytes(Json{{"name", study.name},
                                  {"title", study.title},
                                  {"purpose", study.purpose},
                                  {"status", study.status}}));
}

}  // namespace essaim::node
