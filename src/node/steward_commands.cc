#include "node/steward_commands.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/exit_codes.h"
#include "crypto/entropy.h"
#include "node/node_folder.h"
#include "node/peers.h"
#include "store/store.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct StewardArguments {
  std::string dir, action, name, fingerprint, format = "table";
  bool all = false;
};

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

absl::StatusOr<std::unique_ptr<Store>> StoreAt(const std::string& dir,
                                               crypto::SystemEntropy& entropy) {
  const absl::StatusOr<NodeFolder> folder = OpenNodeFolder(dir);
  if (!folder.ok()) return folder.status();
  return OpenNodeStore(*folder, entropy);
}

int ShowPeers(const StewardArguments& args) {
  crypto::SystemEntropy entropy;
  const auto store = StoreAt(args.dir, entropy);
  if (!store.ok()) return Fail(store.status());
  const auto peers = Peers(**store);
  if (!peers.ok()) return Fail(peers.status());
  if (args.action == "trust") {
    if (args.name.empty() && !args.all)
      return Fail(absl::InvalidArgumentError("which peer? give its name, or --all"));
    for (const Peer& peer : *peers) {
      if (!args.all && peer.site != args.name) continue;
      const absl::Status trusted = TrustPeer(**store, peer.site, args.fingerprint);
      if (!trusted.ok()) return Fail(trusted);
      const std::string& key = peer.offered_key.empty() ? peer.signing_key : peer.offered_key;
      std::printf("trusted %s  %s\n", peer.site.c_str(), PeerFingerprint(peer.site, key).c_str());
    }
    const auto known = std::ranges::find(*peers, args.name, &Peer::site);
    if (!args.all && known == peers->end())
      return Fail(TrustPeer(**store, args.name, args.fingerprint));  // says that there is none
    return 0;
  }
  Json json = Json::array();
  for (const Peer& peer : *peers) {
    const char* standing = !peer.offered_key.empty() ? "KEY CHANGED"
                           : peer.trusted            ? "trusted"
                                                     : "not trusted";
    const std::string& key = peer.offered_key.empty() ? peer.signing_key : peer.offered_key;
    const std::string fingerprint = PeerFingerprint(peer.site, key);
    json.push_back({{"site", peer.site}, {"standing", standing}, {"fingerprint", fingerprint}});
    if (args.format != "json")
      std::printf("%-20s %-12s %s\n", peer.site.c_str(), standing, fingerprint.c_str());
  }
  if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
  return 0;
}

int DecideStudies(const StewardArguments& args) {
  crypto::SystemEntropy entropy;
  const auto store = StoreAt(args.dir, entropy);
  if (!store.ok()) return Fail(store.status());
  if (args.action != "list") {
    if (args.name.empty()) {
      return Fail(absl::InvalidArgumentError(absl::StrCat(
          "which study? Give its name or the beginning of its hash: essaim node studies ",
          args.action, " ", args.dir, " STUDY")));
    }
    absl::StatusOr<StewardStudy> study = FindStewardStudy(**store, args.name);
    if (!study.ok()) return Fail(study.status());
    study->status = args.action == "approve" ? "approved" : "refused";
    const absl::Status kept = PutStewardStudy(**store, *study);
    if (!kept.ok()) return Fail(kept);
    std::printf("%s %s (%s)\n", study->status.c_str(), study->name.c_str(),
                study->hash.substr(0, 16).c_str());
    return 0;
  }
  const auto studies = StewardStudies(**store);
  if (!studies.ok()) return Fail(studies.status());
  Json json = Json::array();
  for (const StewardStudy& s : *studies) {
    json.push_back({{"hash", s.hash},
                    {"name", s.name},
                    {"title", s.title},
                    {"purpose", s.purpose},
                    {"status", s.status}});
    if (args.format != "json") {
      std::printf("%s  %-9s %s: %s\n", s.hash.substr(0, 16).c_str(), s.status.c_str(),
                  s.name.c_str(), s.title.c_str());
    }
  }
  if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
  return 0;
}

}  // namespace

Command PeersCommand(CLI::App& app) {
  auto args = std::make_shared<StewardArguments>();
  CLI::App* peers =
      app.add_subcommand("peers", "The other sites and whether this site trusts their keys");
  peers->add_option("ACTION", args->action, "list or trust")
      ->required()
      ->check(CLI::IsMember({"list", "trust"}));
  AddDir(peers, args->dir);
  peers->add_option("NAME", args->name, "the peer to trust");
  peers->add_option("--fingerprint", args->fingerprint,
                    "trust only if the peer's fingerprint is this");
  peers->add_flag("--all", args->all, "trust every peer that the hub shows");
  AddFormat(peers, args->format);
  return {peers, [args] { return ShowPeers(*args); }};
}

Command StudiesCommand(CLI::App& app) {
  auto args = std::make_shared<StewardArguments>();
  CLI::App* studies =
      app.add_subcommand("studies", "Studies that asked this site, and the steward's word on them");
  studies->add_option("ACTION", args->action, "list, approve or refuse")
      ->required()
      ->check(CLI::IsMember({"list", "approve", "refuse"}));
  AddDir(studies, args->dir);
  studies->add_option("STUDY", args->name, "its name, or the beginning of its hash");
  AddFormat(studies, args->format);
  return {studies, [args] { return DecideStudies(*args); }};
}

}  // namespace essaim::node
