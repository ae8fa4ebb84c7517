// The Fellegi-Sunter model of a linkage, estimated from its own records.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/linker.h"

namespace essaim::linkage {

// Sebastiano Vigna's SplitMix64 (2015): all that a sample needs.
class Sampler {
 public:
  explicit Sampler(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Below(std::uint64_t n);

 private:
  std::uint64_t state_;
};

// Pairs of records of one group, to draw from.
class Universe {
 public:
  explicit Universe(const LinkTask& task);

  std::uint64_t n_pairs() const { return n_pairs_; }

  // Two records of `within` may be one and the same.
  std::pair<std::size_t, std::size_t> Draw(Sampler& sampler) const;

 private:
  struct Members {
    std::vector<std::size_t> a, b;
  };

  const bool within_;
  std::uint64_t n_pairs_ = 0;
  std::vector<std::uint64_t> sums_;  // of the pairs up to each group's end
  std::vector<Members> members_;
};

// `passes`: of kPasses, in their order. As Link has it.
absl::StatusOr<LinkModel> EstimateModel(const LinkTask& task, const Universe& universe,
                                        std::span<const BlockIndex> passes, std::uint64_t seed);

// Of two records of different groups whose day and month of birth and sex agree: the prior that
// they are one person. `by_sound`: of the last of kPasses.
double PriorOfTwoGroups(const LinkTask& task, const Universe& universe, const BlockIndex& by_sound,
                        const LinkModel& model);

}  // namespace essaim::linkage
