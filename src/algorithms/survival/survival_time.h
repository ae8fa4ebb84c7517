// Follow-up times on a declared grid, and what ended them.
//
// Exact survival analysis over sites counts events and censorings at each time that can occur. The
// times that can occur are the multiples of `resolution` (1 unit unless the study says otherwise)
// inside the time variable's range. A time off the grid is refused, never rounded.
//
// Units: times are in the time variable's unit. Threads: const methods may run concurrently.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "algo/params.h"
#include "data/person_table.h"

namespace essaim::survival {

class SurvivalTime {
 public:
  enum class Reading { kObserved, kMissing, kOffGrid };

  struct Observation {
    std::size_t point = 0;  // grid point of the end of follow-up
    double time = 0;        // as recorded
    bool event = false;     // false: censored
  };

  // Reads `time`, `event`, `event_level`, `resolution`. kInvalidArgument: a range that starts below
  // 0, an event variable that is neither yes/no nor a category with `event_level`, or a grid of
  // more than kPointsMax points.
  static absl::StatusOr<SurvivalTime> Make(const Schema& schema, const Params& params);
  // The parameters that Make reads.
  static std::vector<ParamSpec> Specs();

  static constexpr std::size_t kPointsMax = std::size_t{1} << 22;

  std::size_t n_points() const { return n_points_; }

  double TimeAt(std::size_t point) const;

  const std::string& unit() const { return unit_; }

  Reading Read(const PersonTable& table, std::size_t person, Observation& out) const;
  // As Read, without asking that the time lies on the grid; `point` is not set.
  Reading ReadOffGrid(const PersonTable& table, std::size_t person, Observation& out) const;
  // The error for kOffGrid: names the variable and the resolution, never the value.
  absl::Status OffGridError() const;

 private:
  std::size_t time_ = 0, event_ = 0;
  double event_value_ = 1;
  double resolution_ = 1;
  double first_ = 0;  // the first point is first_ * resolution_
  std::size_t n_points_ = 0;
  std::string name_, unit_;
};

// A category or boolean variable that splits the persons, or nothing: one group of all.
class Grouping {
 public:
  Grouping() : levels_{"all"} {}

  // kInvalidArgument if `parameter` names a variable that is neither a category nor a boolean.
  static absl::StatusOr<Grouping> Make(const Schema& schema, const Params& params,
                                       std::string_view parameter);

  std::size_t size() const { return levels_.size(); }

  bool is_split() const { return split_; }

  const std::string& variable() const { return variable_; }

  const std::string& level(std::size_t group) const { return levels_[group]; }

  // The person's group; size() if it is missing.
  std::size_t Of(const PersonTable& table, std::size_t person) const;

 private:
  bool split_ = false;
  std::size_t index_ = 0;
  std::string variable_;
  std::vector<std::string> levels_;
};

}  // namespace essaim::survival
