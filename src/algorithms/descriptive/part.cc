#include "algorithms/descriptive/part.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace essaim::descriptive {

State PartsAlgorithm::Start() const {
  State state;
  for (const auto& part : parts_) part->Start(state);
  return state;
}

bool PartsAlgorithm::Accepts(const State& state) const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [&](const auto& part) { return part->Accepts(state); });
}

Layout PartsAlgorithm::LayoutFor(const State& state) const {
  Layout layout;
  if (!Accepts(state)) return layout;
  for (const auto& part : parts_) part->AppendLayout(state, layout);
  return layout;
}

std::size_t PartsAlgorithm::length_max() const {
  std::size_t length = 0;
  for (const auto& part : parts_) length += part->length_max();
  return length;
}

absl::StatusOr<std::unique_ptr<Algorithm>> Checked(std::unique_ptr<PartsAlgorithm> algorithm) {
  if (algorithm->length_max() > kElementsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a round would send ", algorithm->length_max(), " numbers, at most ",
                     kElementsMax, " allowed: fewer variables or levels, or a coarser resolution"));
  }
  return std::unique_ptr<Algorithm>(std::move(algorithm));
}

absl::Status PartsAlgorithm::ContributeBlock(const PersonTable& table, std::size_t begin,
                                             std::size_t end, const State& state,
                                             std::span<double> out) const {
  if (!Accepts(state)) return absl::InvalidArgumentError("a state that this analysis cannot have");
  std::size_t offset = 0;
  for (const auto& part : parts_) {
    Layout own;
    part->AppendLayout(state, own);
    part->Contribute(table, begin, end, state, out.subspan(offset, own.length()));
    offset += own.length();
  }
  return absl::OkStatus();
}

absl::StatusOr<State> PartsAlgorithm::Update(const State& state, const SecureSum& sum) const {
  if (!Accepts(state)) return absl::InvalidArgumentError("a state that this analysis cannot have");
  State after = state;
  after.round = state.round + 1;
  after.done = true;
  for (const auto& part : parts_) {
    ESSAIM_ASSIGN_OR_RETURN(const bool resolved, part->Update(state, sum, after));
    if (!resolved) after.done = false;
  }
  if (!after.done && after.round >= limits::kRoundsMax) {
    return absl::FailedPreconditionError("the sites changed in every round; no answer was reached");
  }
  return after;
}

}  // namespace essaim::descriptive
