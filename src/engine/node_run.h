// One run, the node's side: a state machine without input or output of its own.
//
// The node decides: OnAsk checks the study against this site's policy and every message against the
// protocol before it answers. A refusal is an answer too, with a code from a closed list and
// nothing else. Durable by replay: the caller persists (ask, answer) and syncs before it sends the
// answer; after a crash it makes the run again with the same seed and calls Restore with the pairs
// in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/registry.h"
#include "base/secret_bytes.h"
#include "data/person_table.h"
#include "engine/ask.h"
#include "engine/hub_run.h"
#include "governance/policy.h"
#include "study/study.h"

namespace essaim {

// The cohort of one analysis, frozen: the same rows however often it is asked for within a run.
using CohortSource = std::function<absl::StatusOr<PersonTable>(
    const Study& study, const Analysis& analysis, std::size_t site)>;

// Whether this site's steward lets the study run: yes, no, or wait (a person has not decided yet).
enum class Approval { kYes, kNo, kWait };
using ApprovalSource = std::function<Approval(const Study& study)>;

// This site's label of its data, to stand beside the study's results; nullopt: none for this study.
using QualitySource = std::function<std::optional<SiteQuality>(const Study& study)>;

struct NodeRunOptions {
  std::string site;         // this site's name
  SecretBytes signing_key;  // Ed25519 seed, 32 bytes
  SecretBytes seed;         // 32 random bytes, drawn and persisted when the run was first seen
  std::vector<RosterEntry> trusted;  // peers whose keys this site's steward accepted
  Policy policy;
  CohortSource cohort;
  ApprovalSource approval;
  QualitySource quality = nullptr;  // null: none
};

class NodeRun {
 public:
  static absl::StatusOr<std::unique_ptr<NodeRun>> Make(std::string run_id, NodeRunOptions options,
                                                       const Registry& registry);
  virtual ~NodeRun() = default;

  // Never fails: what is wrong becomes a refusal. nullopt: no answer yet (approval is awaited), ask
  // again.
  virtual std::optional<Answer> OnAsk(const Ask& ask) = 0;
  // Passes a pair that was persisted before a restart. kDataLoss if it does not fit.
  virtual absl::Status Restore(const Ask& ask, const Answer& answer) = 0;
  // The last refusal's text, for this node's own log only.
  virtual std::string last_error() const = 0;
};

}  // namespace essaim
