// A hub and its nodes in one thread, from one seed, with faults: drops, delays, duplicates,
// reordering, and restarts of any party at any step.
//
// The same engine as in production, without sockets, clocks or files. A restart throws a party's
// state machine away and makes it again from what production would have persisted: the hub's
// events, a node's answered asks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/registry.h"
#include "algo/result.h"
#include "data/person_table.h"
#include "governance/policy.h"
#include "study/study.h"

namespace essaim::sim {

// Probabilities in [0, 1], each tried for each message (or, for restarts, each step).
struct Faults {
  double drop = 0;       // a message is lost; it is sent again after the retry time
  double duplicate = 0;  // a message arrives twice
  double delay = 0;      // a message takes up to ten times as long
  double restart_hub = 0;
  double restart_node = 0;
  // Sites whose process stops for good at a step of the simulation: (site, step).
  std::vector<std::pair<std::size_t, std::size_t>> lost;
};

struct SimOptions {
  std::uint64_t seed = 1;
  Faults faults;
  Policy policy{.minimum_cohort = 1,
                .minimum_cell = 1,
                .minimum_sites = 2,
                .approve = Policy::Approve::kAuto};
  std::int64_t answer_deadline_ms = 30'000;
  std::size_t steps_max = 1'000'000;
  // Called after each analysis's round, for progress; may be null.
  std::function<void(const std::string& analysis, int round)> on_round;
};

struct SimAnalysis {
  std::string name;
  Result result;
  std::vector<std::string> sites;  // in the result
  std::uint64_t bytes = 0;         // of all asks and answers
  int restarts = 0;
};

// Rows of one analysis at one site.
using TableSource =
    std::function<absl::StatusOr<PersonTable>(const Analysis& analysis, std::size_t site)>;

// Runs every analysis of the study. kUnavailable if a run stays paused for ever.
absl::StatusOr<std::vector<SimAnalysis>> Simulate(const Study& study, const TableSource& tables,
                                                  const Registry& registry,
                                                  const SimOptions& options);

}  // namespace essaim::sim
