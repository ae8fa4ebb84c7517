// Four sites and a hub half way through a run, for the fuzz targets of the engine: the messages are
// recorded once, and every input gets parties of its own made again from them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "algorithms/registry.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "engine/hub_run.h"
#include "engine/node_run.h"

namespace essaim::fuzz {

inline constexpr std::size_t kSites = 4;

class RunFixture {
 public:
  RunFixture() {
    RegisterAll(registry_);
    const auto study = ParseStudy(
        "essaim: 1\nname: small\ntitle: Small\npurpose: test\ndata:\n  set: small\n  schema:\n"
        "    - {name: x, type: number, range: [0, 100]}\nsites: [a, b, c, d]\n"
        "privacy: {minimum_cohort: 2, minimum_cell: 1, minimum_sites: 3, collusions: 1,"
        " on_dropout: continue}\n"
        "analyses:\n  - {name: moments, algorithm: descriptive/moments,"
        " parameters: {variables: [x]}}\n",
        nullptr);
    ESSAIM_CHECK(study.ok());
    hub_options_ = {.federation = "fuzz",
                    .run_id = "run",
                    .study = *study,
                    .roster = {},
                    .nonce = std::string(32, 'n'),
                    .earlier = {}};
    for (const std::string& site : study->sites) {
      const auto key = crypto::SigningKey::FromSeed(SecretOf(site));
      hub_options_.roster.push_back({.site = site, .signing_key = key->public_key()});
    }
    Record();
  }

  // How many messages site a exchanges in the whole run.
  std::size_t n_asks() const { return pairs_.size(); }

  const Ask& ask(std::size_t at) const { return pairs_[at].first; }

  const Answer& answer(std::size_t at) const { return pairs_[at].second; }

  // Site a as it stands after its first `n` answers.
  std::unique_ptr<NodeRun> NodeAfter(std::size_t n) const {
    auto node = MakeNode(0);
    for (std::size_t i = 0; i < n; ++i)
      ESSAIM_CHECK(node->Restore(pairs_[i].first, pairs_[i].second).ok());
    return node;
  }

  // The hub as it stands when site a's ask number `at` (from 0) is open.
  std::unique_ptr<HubRun> HubAt(std::size_t at) const {
    auto hub = MakeHub();
    hub->Start(0);
    for (const auto& [site, answer] : log_) {
      const auto open = hub->AskFor(0);
      if (site == 0 && open.has_value() && open->number == pairs_[at].first.number) break;
      hub->OnAnswer(site, answer, 0);
    }
    return hub;
  }

  // The input with its first byte choosing how many bytes of `real` stay in front of the rest.
  static std::string Mutated(const std::string& real, const std::string& input) {
    if (input.empty()) return real;
    const std::size_t keep = static_cast<unsigned char>(input[0]) * real.size() / 255;
    std::string body = real;
    const std::size_t n = std::min(input.size() - 1, body.size() - std::min(keep, body.size()));
    body.replace(keep, n, input.substr(1));
    return body;
  }

 private:
  static SecretBytes SecretOf(std::string_view what) {
    return SecretBytes::CopyOf(crypto::HashOf("essaim/fuzz", {what}));
  }

  std::unique_ptr<HubRun> MakeHub() const {
    auto hub = HubRun::Make(hub_options_, registry_);
    ESSAIM_CHECK(hub.ok());
    return *std::move(hub);
  }

  std::unique_ptr<NodeRun> MakeNode(std::size_t site) const {
    const std::string& name = hub_options_.roster[site].site;
    NodeRunOptions options{
        .site = name,
        .signing_key = SecretOf(name),
        .seed = SecretOf("seed of " + name),
        .trusted = hub_options_.roster,
        .policy = {.minimum_cohort = 1, .minimum_cell = 1, .minimum_sites = 2},
        .cohort =
            [](const Study& study, const Analysis&, std::size_t at) {
              return PersonTable::Make(study.schema, {{1, 2, 3, static_cast<double>(at)}}, at);
            },
        .approval = [](const Study&) { return Approval::kYes; }};
    auto node = NodeRun::Make("run", std::move(options), registry_);
    ESSAIM_CHECK(node.ok());
    return *std::move(node);
  }

  void Record() {
    const auto hub = MakeHub();
    std::vector<std::unique_ptr<NodeRun>> nodes;
    for (std::size_t i = 0; i < kSites; ++i) nodes.push_back(MakeNode(i));
    hub->Start(0);
    while (!hub->finished()) {
      for (std::size_t i = kSites; i-- > 0;) {  // site a last: the others' answers are in
        const auto ask = hub->AskFor(i);
        if (!ask.has_value()) continue;
        const auto answer = nodes[i]->OnAsk(*ask);
        ESSAIM_CHECK(answer.has_value());
        if (i == 0) pairs_.emplace_back(*ask, *answer);
        log_.emplace_back(i, *answer);
        hub->OnAnswer(i, *answer, 0);
      }
    }
    ESSAIM_CHECK(hub->result().ok());
  }

  Registry registry_;
  HubRunOptions hub_options_;
  std::vector<std::pair<Ask, Answer>> pairs_;
  std::vector<std::pair<std::size_t, Answer>> log_;
};

}  // namespace essaim::fuzz
