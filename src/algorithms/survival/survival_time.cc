#include "algorithms/survival/survival_time.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::survival {
namespace {

// Times such as 3 * 0.1 carry a rounding error of their own.
constexpr double kGridTolerance = 1e-6;

absl::StatusOr<double> EventValue(const Variable& event, const Params& params) {
  const std::string level = params.Text("event_level");
  if (event.kind == VariableKind::kCategory) {
    for (std::size_t i = 0; i < event.levels.size(); ++i) {
      if (event.levels[i] == level) return static_cast<double>(i);
    }
    return absl::InvalidArgumentError(absl::StrCat("event_level: '", level, "' is not a level of '",
                                                   event.name,
                                                   "'; say which of its levels is the event"));
  }
  if (!level.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("event_level: '", event.name, "' is not a category"));
  }
  const bool yes_no =
      event.kind == VariableKind::kBoolean ||
      (event.kind == VariableKind::kInteger && event.lower >= 0 && event.upper <= 1);
  if (!yes_no) {
    return absl::InvalidArgumentError(absl::StrCat(
        "event: '", event.name, "' must be a boolean, an integer of range 0..1, or a category"));
  }
  return 1.0;
}

}  // namespace

std::vector<ParamSpec> SurvivalTime::Specs() {
  return {
      {.name = "time",
       .type = ParamType::kVariable,
       .required = true,
       .description = "The length of follow-up, from 0."},
      {.name = "event",
       .type = ParamType::kVariable,
       .required = true,
       .description = "Whether follow-up ended with the event (true) or was censored (false)."},
      {.name = "event_level",
       .type = ParamType::kText,
       .description =
           "The level of a category `event` that is the event; every other is censoring."},
      {.name = "resolution",
       .type = ParamType::kNumber,
       .description = "The times are multiples of this, in the unit of `time`. Default 1.",
       .lower = 1e-6,
       .upper = 1e6},
  };
}

absl::StatusOr<SurvivalTime> SurvivalTime::Make(const Schema& schema, const Params& params) {
  SurvivalTime made;
  ESSAIM_ASSIGN_OR_RETURN(made.time_, schema.Index(params.Text("time")));
  ESSAIM_ASSIGN_OR_RETURN(made.event_, schema.Index(params.Text("event")));
  const Variable& time = schema.variables()[made.time_];
  if (time.kind != VariableKind::kNumber && time.kind != VariableKind::kInteger) {
    return absl::InvalidArgumentError(absl::StrCat("time: '", time.name, "' is not a number"));
  }
  if (time.lower < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("time: the range of '", time.name, "' must not start below 0"));
  }
  ESSAIM_ASSIGN_OR_RETURN(made.event_value_, EventValue(schema.variables()[made.event_], params));
  made.resolution_ = params.Number("resolution", 1);
  made.first_ = std::floor(time.lower / made.resolution_);
  const double points = std::ceil(time.upper / made.resolution_) - made.first_ + 1;
  if (!(points <= static_cast<double>(kPointsMax))) {
    return absl::InvalidArgumentError(absl::StrCat("resolution: the range of '", time.name,
                                                   "' has ", points, " possible times; at most ",
                                                   kPointsMax, ": choose a coarser resolution"));
  }
  made.n_points_ = static_cast<std::size_t>(points);
  made.name_ = time.name;
  made.unit_ = time.unit;
  return made;
}

double SurvivalTime::TimeAt(std::size_t point) const {
  return (first_ + static_cast<double>(point)) * resolution_;
}

SurvivalTime::Reading SurvivalTime::ReadOffGrid(const PersonTable& table, std::size_t person,
                                                Observation& out) const {
  out.time = table.at(person, time_);
  const double event = table.at(person, event_);
  if (PersonTable::IsMissing(out.time) || PersonTable::IsMissing(event)) return Reading::kMissing;
  out.event = event == event_value_;
  return Reading::kObserved;
}

SurvivalTime::Reading SurvivalTime::Read(const PersonTable& table, std::size_t person,
                                         Observation& out) const {
  if (ReadOffGrid(table, person, out) == Reading::kMissing) return Reading::kMissing;
  const double steps = out.time / resolution_;
  const double whole = std::nearbyint(steps);
  if (!(std::abs(steps - whole) <= kGridTolerance)) return Reading::kOffGrid;
  const double point = whole - first_;
  if (point < 0 || point >= static_cast<double>(n_points_)) return Reading::kOffGrid;
  out.point = static_cast<std::size_t>(point);
  return Reading::kObserved;
}

absl::Status SurvivalTime::OffGridError() const {
  return absl::InvalidArgumentError(
      absl::StrCat("a value of '", name_, "' is not a multiple of the resolution ", resolution_,
                   ": set `resolution` to the step of the recorded times"));
}

absl::StatusOr<Grouping> Grouping::Make(const Schema& schema, const Params& params,
                                        std::string_view parameter) {
  Grouping made;
  if (!params.Has(parameter)) return made;
  made.variable_ = params.Text(parameter);
  ESSAIM_ASSIGN_OR_RETURN(made.index_, schema.Index(made.variable_));
  const Variable& variable = schema.variables()[made.index_];
  if (variable.kind == VariableKind::kCategory) {
    made.levels_ = variable.levels;
  } else if (variable.kind == VariableKind::kBoolean) {
    made.levels_ = {"no", "yes"};
  } else {
    return absl::InvalidArgumentError(absl::StrCat(Av(parameter), ": '", made.variable_,
                                                   "' is neither a category nor a boolean"));
  }
  made.split_ = true;
  return made;
}

std::size_t Grouping::Of(const PersonTable& table, std::size_t person) const {
  if (!split_) return 0;
  const double value = table.at(person, index_);
  if (PersonTable::IsMissing(value) || value < 0 || value >= static_cast<double>(levels_.size())) {
    return levels_.size();
  }
  return static_cast<std::size_t>(value);
}

}  // namespace essaim::survival
