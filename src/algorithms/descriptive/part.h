// Parts: pieces of a descriptive statistic that share rounds.
//
// An analysis is a list of parts. Every round sends every part's statistic and the run ends with
// the first sum that resolves them all, so what is shown follows from one sum, over one set of
// sites, and 50 variables take no more rounds than the slowest of them.
//
// Released:   what the analysis makes of its parts' last statistics.
// Statistic:  the parts' blocks, one after the other, in the order they were added.
// Input:      what the parts read.
// Additive:   per person; each part keeps its blocks' bounds.
// Cost:       the sum of the parts'; rounds: the slowest part's.
// Errors:     kInvalidArgument for a state that a part does not accept; kFailedPrecondition if
//             limits::kRoundsMax rounds did not resolve every part.
// Threads:    const methods may run concurrently.
// Reference:  the analyses built on it name theirs.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"

namespace essaim::descriptive {

// Names its blocks and state vectors with a prefix of its own. Const methods may run concurrently.
class Part {
 public:
  explicit Part(std::string prefix) : prefix_(std::move(prefix)) {}

  virtual ~Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  virtual void Start(State& state) const = 0;
  // Has the state what the methods below read, in range? A node is sent states by others: those
  // that are not accepted are refused before anything is computed from them.
  virtual bool Accepts(const State& state) const = 0;
  virtual void AppendLayout(const State& state, Layout& layout) const = 0;
  // Elements of the longest statistic of a round.
  virtual std::size_t length_max() const = 0;
  // Adds persons [begin, end) onto `out`: this part's own elements, in the order of AppendLayout.
  // Every person's share of an element is within its block's bound.
  virtual void Contribute(const PersonTable& table, std::size_t begin, std::size_t end,
                          const State& state, std::span<double> out) const = 0;
  // Writes what the sum says into `after` and answers whether the sum resolved this part.
  virtual absl::StatusOr<bool> Update(const State& before, const SecureSum& sum,
                                      State& after) const = 0;

 protected:
  std::string Key(std::string_view name) const { return prefix_ + "." + std::string(name); }

 private:
  std::string prefix_;
};

class PartsAlgorithm : public BlockSum {
 public:
  State Start() const final;
  Layout LayoutFor(const State& state) const final;  // empty if a part does not accept the state
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const final;
  // Elements of the longest statistic of a round.
  std::size_t length_max() const;

 protected:
  // Keeps a reference to a part that lives as long as this.
  template <typename P, typename... Args>
  const P& AddPart(Args&&... args) {
    auto part = std::make_unique<P>(std::forward<Args>(args)...);
    const P& reference = *part;
    parts_.push_back(std::move(part));
    return reference;
  }

  absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                               const State& state, std::span<double> out) const final;

 private:
  bool Accepts(const State& state) const;

  std::vector<std::unique_ptr<Part>> parts_;
};

// The analysis, or kInvalidArgument if its longest statistic has more than kElementsMax elements: a
// wide table of variables with many levels.
inline constexpr std::size_t kElementsMax = std::size_t{1} << 24;
absl::StatusOr<std::unique_ptr<Algorithm>> Checked(std::unique_ptr<PartsAlgorithm> algorithm);

}  // namespace essaim::descriptive
