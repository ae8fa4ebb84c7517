// One run, the hub's side: a state machine without input or output of its own.
//
// Durable by replay: the caller appends every event (OnAnswer, OnWait, OnTick, OnAway, Cancel) to
// its log and syncs before it passes it in; after a crash it makes the run again from the same
// options and passes the same events, and gets the same asks, byte for byte. Nothing in here is
// random or looks at a clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/registry.h"
#include "algo/result.h"
#include "engine/ask.h"
#include "study/study.h"

namespace essaim {

struct RosterEntry {
  std::string site;
  std::string signing_key;  // Ed25519 public key, 32 bytes
  bool operator==(const RosterEntry&) const = default;
};

struct HubRunOptions {
  std::string federation;  // the consortium's id
  std::string run_id;      // unique for ever
  Study study;
  std::size_t analysis = 0;         // index into study.analyses
  std::vector<RosterEntry> roster;  // the study's sites, in the study's order
  std::string nonce;                // 32 random bytes drawn when the run was created, public
  std::vector<Result>
      earlier;  // results of the study's analyses before this one (for Analysis::model)
  std::int64_t answer_deadline_ms =
      30'000;  // how long a site may take to answer before it counts as lost
  // How long a steward may take to decide before the site counts as lost (on_dropout: continue).
  std::int64_t decision_deadline_ms = std::int64_t{7} * 24 * 3600 * 1000;
};

enum class RunPhase {
  kPlanning,
  kKeys,
  kShares,
  kMasking,
  kConsistency,
  kUnmasking,
  kPaused,
  kDone,
  kFailed
};

struct SiteProgress {
  std::string site;
  enum class Standing {
    kWaiting,
    kAsked,
    kAnswered,
    kLost,
    kRefused
  } standing = Standing::kWaiting;
  std::string detail;  // for people: the refusal's code, "no answer in time"
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::optional<SiteQuality> quality;  // the site's own label of its data, once it takes part
};

struct RunProgress {
  RunPhase phase = RunPhase::kPlanning;
  int round = 0;        // 1-based, of the round in progress
  std::string message;  // for people: "paused: 2 of 4 sites answer, 3 are needed"
  std::vector<SiteProgress> sites;
};

class HubRun {
 public:
  // kInvalidArgument if the study cannot run: unknown algorithm, bad parameters, too few sites, a
  // ring that could overflow.
  static absl::StatusOr<std::unique_ptr<HubRun>> Make(HubRunOptions options,
                                                      const Registry& registry);
  virtual ~HubRun() = default;

  // Events. A late, repeated or malformed answer never fails the run; it is ignored or counts as a
  // refusal.
  virtual void Start(std::int64_t now_ms) = 0;
  virtual void OnAnswer(std::size_t site, const Answer& answer, std::int64_t now_ms) = 0;
  // The site's steward has not decided yet. Only while TakesWait(site, number).
  virtual void OnWait(std::size_t site, std::int64_t now_ms) = 0;
  virtual void OnTick(std::int64_t now_ms) = 0;
  // Every site whose answer is still open has gone away: no use to wait for the deadline.
  virtual void OnAway(std::int64_t now_ms) = 0;
  virtual void Cancel(std::int64_t now_ms) = 0;

  // The site's open ask; nullopt if there is none.
  virtual std::optional<Ask> AskFor(std::size_t site) const = 0;
  // Whether it is news that the site's steward has not decided on that ask.
  virtual bool TakesWait(std::size_t site, std::uint64_t number) const = 0;
  // Whether OnAway would change anything.
  virtual bool TakesAway() const = 0;
  // When OnTick should be called next; nullopt if nothing waits on time.
  virtual std::optional<std::int64_t> NextDeadlineMs() const = 0;
  virtual RunProgress Progress() const = 0;
  virtual bool finished() const = 0;  // kDone or kFailed
  virtual absl::StatusOr<Result> result()
      const = 0;  // once finished: the released result, or why not
  virtual std::vector<std::string> SitesInResult() const = 0;
  // One masked vector as it arrived, for showing what the hub sees: up to `n` ring elements as
  // numbers in [0,1).
  virtual std::vector<double> MaskedSample(std::size_t n) const = 0;
};

}  // namespace essaim
