// The one round that Kaplan-Meier and the log-rank test need: how many persons of each cell
// (stratum and group) had the event, and how many were censored, at each grid time.
//
// Memory: 2 * cells * points elements.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algorithms/survival/survival_time.h"

namespace essaim::survival {

class EndCounts {
 public:
  static constexpr std::size_t kLengthMax = std::size_t{1} << 23;

  // Groups are `group`, strata `strata`. kInvalidArgument if the counts would be longer than
  // kLengthMax.
  static absl::StatusOr<EndCounts> Make(const Setup& setup);

  Layout MakeLayout() const;
  absl::Status Add(const PersonTable& table, std::size_t begin, std::size_t end,
                   std::span<double> out) const;

  const SurvivalTime& time() const { return time_; }

  const Grouping& groups() const { return groups_; }

  const Grouping& strata() const { return strata_; }

  std::size_t n_cells() const { return groups_.size() * strata_.size(); }

  std::size_t CellOf(std::size_t stratum, std::size_t group) const {
    return stratum * groups_.size() + group;
  }

  // The sums as sparse lists, for a state: "points" (grid points where anything happened), "events"
  // and "censored" (cell-major, one entry a cell and point).
  void Store(const SecureSum& sum, State& state) const;
  std::vector<double> Times(const State& state) const;
  std::vector<double> Events(const State& state, std::size_t cell) const;
  std::vector<double> Censored(const State& state, std::size_t cell) const;

 private:
  SurvivalTime time_;
  Grouping groups_, strata_;
};

}  // namespace essaim::survival
