// THE CONTRACT. Every federated computation is rounds of one thing: broadcast a small public state,
// let every node turn its own rows into a vector of fixed length, and learn nothing but the sum.
//
//   state = Start()
//   until state.done:
//     layout = LayoutFor(state)                        hub and nodes
//     each node: LocalStatistic(rows, state, out)      node
//     state = Update(state, sum of the outs)           hub
//   result = ResultOf(state)                           hub
//
// Each round stands by itself. What a result says must follow from the last sums of each kind
// alone, and the state only tells where to look (a centre, a start, a bracket): so when a site is
// lost between two rounds the result is the remaining sites' result, not a mixture. A round that
// needs an earlier round's totals sends them again. The conformance suite loses a site between
// rounds and checks this.
//
// Threads: const methods may run concurrently. Determinism: the same rows in the same order give
// the same bits on every machine of one architecture; no clock, no randomness, no input or output.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "algo/layout.h"
#include "algo/params.h"
#include "algo/result.h"
#include "algo/secure_sum.h"
#include "algo/state.h"
#include "data/person_table.h"

namespace essaim {

class Algorithm {
 public:
  virtual ~Algorithm() = default;
  virtual State Start() const = 0;
  // A function of the state alone: the same at hub and nodes, never looks at rows.
  virtual Layout LayoutFor(const State& state) const = 0;
  // Fills `out` (LayoutFor(state).length() elements, zeros on entry). An empty table leaves zeros.
  // kInvalidArgument if a contribution is not finite or, for kPerNode, above its bound.
  virtual absl::Status LocalStatistic(const PersonTable& table, const State& state,
                                      std::span<double> out) const = 0;
  // kFailedPrecondition with a sentence for people when the sum does not allow an answer.
  virtual absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const = 0;
  // Called once state.done. `min_cell` has not been applied yet: mark counts as kCount.
  virtual absl::StatusOr<Result> ResultOf(const State& state) const = 0;
};

// The usual base: says what ONE person contributes. Clips every element to its block's bound,
// refuses what is not finite, and adds with compensation, so that additivity and sensitivity hold
// by construction.
class PersonSum : public Algorithm {
 public:
  absl::Status LocalStatistic(const PersonTable& table, const State& state,
                              std::span<double> out) const final;

 protected:
  // Adds nothing: writes person's own vector into `out` (zeros on entry).
  virtual void Contribute(const PersonTable& table, std::size_t person, const State& state,
                          std::span<double> out) const = 0;
};

// For vectors where one person touches few elements, or where many persons at once are measurably
// faster: adds the contributions of persons [begin, end) onto `out`. The author keeps the bounds;
// the conformance suite checks them person by person.
class BlockSum : public Algorithm {
 public:
  static constexpr std::size_t kPersonsPerBlock = 1024;
  static constexpr std::size_t kDenseMax = std::size_t{1} << 16;  // elements

  absl::Status LocalStatistic(const PersonTable& table, const State& state,
                              std::span<double> out) const final;

 protected:
  // Returns kInvalidArgument if something is not finite. `out` is zeros on entry and is added to
  // the total with compensation; vectors longer than kDenseMax are added in place without.
  virtual absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                                       const State& state, std::span<double> out) const = 0;
};

// What an analysis is set up with: everything public that hub and nodes share.
struct Setup {
  Schema schema;
  std::vector<std::string> sites;  // all sites of the study, in the study's order
  Params params;
};

}  // namespace essaim
