#include "algorithms/survival/end_counts.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::survival {
namespace {

std::vector<double> Slice(const std::vector<double>& all, std::size_t cell, std::size_t length) {
  const auto from = all.begin() + static_cast<std::ptrdiff_t>(cell * length);
  return {from, from + static_cast<std::ptrdiff_t>(length)};
}

}  // namespace

absl::StatusOr<EndCounts> EndCounts::Make(const Setup& setup) {
  EndCounts made;
  ESSAIM_ASSIGN_OR_RETURN(made.time_, SurvivalTime::Make(setup.schema, setup.params));
  ESSAIM_ASSIGN_OR_RETURN(made.groups_, Grouping::Make(setup.schema, setup.params, "group"));
  ESSAIM_ASSIGN_OR_RETURN(made.strata_, Grouping::Make(setup.schema, setup.params, "strata"));
  if (2 * made.n_cells() > kLengthMax / made.time_.n_points()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "resolution: ", made.time_.n_points(), " possible times in ", made.n_cells(),
        " groups make more than ", kLengthMax, " counts: choose a coarser resolution"));
  }
  return made;
}

Layout EndCounts::MakeLayout() const {
  const std::size_t length = n_cells() * time_.n_points();
  return {.additivity = Additivity::kPerPerson,
          .blocks = {{.name = "events", .length = length, .bound = 1, .integral = true},
                     {.name = "censored", .length = length, .bound = 1, .integral = true}}};
}

absl::Status EndCounts::Add(const PersonTable& table, std::size_t begin, std::size_t end,
                            std::span<double> out) const {
  const std::size_t points = time_.n_points();
  const std::size_t censored = n_cells() * points;
  SurvivalTime::Observation seen;
  for (std::size_t person = begin; person < end; ++person) {
    const std::size_t group = groups_.Of(table, person);
    const std::size_t stratum = strata_.Of(table, person);
    if (group == groups_.size() || stratum == strata_.size()) continue;
    const auto reading = time_.Read(table, person, seen);
    if (reading == SurvivalTime::Reading::kMissing) continue;
    if (reading == SurvivalTime::Reading::kOffGrid) return time_.OffGridError();
    out[(seen.event ? 0 : censored) + CellOf(stratum, group) * points + seen.point] += 1;
  }
  return absl::OkStatus();
}

void EndCounts::Store(const SecureSum& sum, State& state) const {
  const std::size_t points = time_.n_points();
  const auto events = sum.block("events");
  const auto censored = sum.block("censored");
  std::vector<double> kept;
  for (std::size_t point = 0; point < points; ++point) {
    double any = 0;
    for (std::size_t cell = 0; cell < n_cells(); ++cell) {
      any += events[cell * points + point] + censored[cell * points + point];
    }
    if (any > 0) kept.push_back(static_cast<double>(point));
  }
  std::vector<double> kept_events, kept_censored;
  for (std::size_t cell = 0; cell < n_cells(); ++cell) {
    for (const double point : kept) {
      kept_events.push_back(events[cell * points + static_cast<std::size_t>(point)]);
      kept_censored.push_back(censored[cell * points + static_cast<std::size_t>(point)]);
    }
  }
  state.vectors["points"] = std::move(kept);
  state.vectors["events"] = std::move(kept_events);
  state.vectors["censored"] = std::move(kept_censored);
}

std::vector<double> EndCounts::Times(const State& state) const {
  std::vector<double> times;
  for (const double point : state.Get("points")) {
    times.push_back(time_.TimeAt(static_cast<std::size_t>(point)));
  }
  return times;
}

std::vector<double> EndCounts::Events(const State& state, std::size_t cell) const {
  return Slice(state.Get("events"), cell, state.Get("points").size());
}

std::vector<double> EndCounts::Censored(const State& state, std::size_t cell) const {
  return Slice(state.Get("censored"), cell, state.Get("points").size());
}

}  // namespace essaim::survival
