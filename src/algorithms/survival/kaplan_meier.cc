#include "algorithms/survival/kaplan_meier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/survival/log_rank.h"
#include "algorithms/survival/rank_comparison.h"
#include "base/status_macros.h"

namespace essaim::survival {
namespace {

Cell Number(double x) { return std::isfinite(x) ? Cell(x) : Cell(); }

Cell Count(double x) { return static_cast<std::int64_t>(x); }

// The row of the step function at `time`, with the events and censorings since `after`.
std::vector<Cell> RowAt(const SurvivalCurve& curve, const std::string& group, double after,
                        double time) {
  double events = 0, censored = 0, at_risk = 0;
  std::size_t last = curve.time.size();  // of the last step up to `time`
  for (std::size_t i = 0; i < curve.time.size(); ++i) {
    if (curve.time[i] >= time) at_risk = std::max(at_risk, curve.at_risk[i]);
    if (curve.time[i] > time) continue;
    last = i;
    if (curve.time[i] <= after) continue;
    events += curve.events[i];
    censored += curve.censored[i];
  }
  std::vector<Cell> row = {group, time, Count(at_risk), Count(events), Count(censored)};
  if (last == curve.time.size()) {
    row.insert(row.end(), {1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0});
    return row;
  }
  const double survival = curve.survival[last];
  row.insert(row.end(), {Cell(survival), Number(survival * curve.std_error_log[last]),
                         Number(curve.std_error_log[last]), Number(curve.lower[last]),
                         Number(curve.upper[last]), Cell(curve.cumulative_hazard[last]),
                         Cell(curve.std_error_hazard[last])});
  return row;
}

}  // namespace

AlgorithmInfo KaplanMeier::Info() {
  AlgorithmInfo info;
  info.name = "survival/kaplan_meier";
  info.title = "Kaplan-Meier survival";
  info.description = "Estimates survival over time with intervals, in groups if asked.";
  info.params = SurvivalTime::Specs();
  info.params.push_back(
      {.name = "group",
       .type = ParamType::kVariable,
       .description = "A category or boolean: one curve a level, and a log-rank test."});
  info.params.push_back({.name = "interval",
                         .type = ParamType::kText,
                         .description = "The scale of the confidence interval. Default log.",
                         .choices = {"log", "plain", "log-log"}});
  info.params.push_back({.name = "level",
                         .type = ParamType::kNumber,
                         .description = "The confidence level. Default 0.95.",
                         .lower = 0.5,
                         .upper = 0.9999});
  info.params.push_back(
      {.name = "restricted_to",
       .type = ParamType::kNumber,
       .description = "The horizon of the restricted mean. Default: the last time.",
       .lower = 1e-6,
       .upper = 1e9});
  info.params.push_back({.name = "restricted_mean",
                         .type = ParamType::kText,
                         .description =
                             "Whose last time is the horizon: of all groups (common, the "
                             "default) or of each (individual).",
                         .choices = {"common", "individual"}});
  info.params.push_back(
      {.name = "times",
       .type = ParamType::kNumbers,
       .description = "Times to report at. Default: every time with an end of follow-up.",
       .lower = 0,
       .upper = 1e9});
  info.make = Make;
  info.examples = [] {
    Params plain, grouped;
    plain.values = {{"time", "time"}, {"event", "event"}};
    grouped.values = {{"time", "time"},
                      {"event", "event"},
                      {"group", "stage"},
                      {"interval", "log-log"},
                      {"times", std::vector<double>{30, 60, 90}}};
    return std::vector<Params>{plain, grouped};
  };
  return info;
}

absl::StatusOr<std::unique_ptr<Algorithm>> KaplanMeier::Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(EndCounts counts, EndCounts::Make(setup));
  auto made = std::unique_ptr<KaplanMeier>(new KaplanMeier(std::move(counts)));
  const std::string interval = setup.params.Text("interval", "log");
  made->options_.interval = interval == "plain"     ? IntervalType::kPlain
                            : interval == "log-log" ? IntervalType::kLogLog
                                                    : IntervalType::kLog;
  made->options_.level = setup.params.Number("level", 0.95);
  made->common_horizon_ = setup.params.Text("restricted_mean", "common") == "common";
  made->horizon_ = setup.params.Number("restricted_to", 0);
  made->times_ = setup.params.Numbers("times");
  std::sort(made->times_.begin(), made->times_.end());
  return made;
}

State KaplanMeier::Start() const { return {}; }

Layout KaplanMeier::LayoutFor(const State&) const { return counts_.MakeLayout(); }

absl::Status KaplanMeier::ContributeBlock(const PersonTable& table, std::size_t begin,
                                          std::size_t end, const State&,
                                          std::span<double> out) const {
  return counts_.Add(table, begin, end, out);
}

absl::StatusOr<State> KaplanMeier::Update(const State& state, const SecureSum& sum) const {
  State next = state;
  counts_.Store(sum, next);
  ++next.round;
  next.done = true;
  return next;
}

ResultTable KaplanMeier::SurvivalTable(const std::vector<SurvivalCurve>& curves) const {
  ResultTable table{.id = "survival", .title = "Survival"};
  table.columns = {
      {"group", "Group", ColumnKind::kText},
      {"time", "Time", ColumnKind::kNumber},
      {"at_risk", "At risk", ColumnKind::kCount},
      {"events", "Events", ColumnKind::kCount},
      {"censored", "Censored", ColumnKind::kCount},
      {"survival", "Survival", ColumnKind::kShare, 2},
      {"std_error", "Standard error", ColumnKind::kNumber, 2},
      {"std_error_log", "Standard error of log survival", ColumnKind::kNumber, 2},
      {"lower", "Lower limit", ColumnKind::kNumber, 2},
      {"upper", "Upper limit", ColumnKind::kNumber, 2},
      {"cumulative_hazard", "Cumulative hazard (Nelson-Aalen)", ColumnKind::kNumber, 2},
      {"std_error_hazard", "Standard error of the hazard", ColumnKind::kNumber, 2}};
  for (std::size_t g = 0; g < curves.size(); ++g) {
    const std::vector<double>& times = times_.empty() ? curves[g].time : times_;
    double after = -1;
    for (const double time : times) {
      table.rows.push_back(RowAt(curves[g], counts_.groups().level(g), after, time));
      table.groups.push_back(static_cast<int>(g));
      after = time;
    }
  }
  return table;
}

ResultTable KaplanMeier::SummaryTable(const std::vector<SurvivalCurve>& curves) const {
  ResultTable table{.id = "summary", .title = "Summary"};
  table.columns = {{"group", "Group", ColumnKind::kText},
                   {"n", "Persons", ColumnKind::kCount},
                   {"events", "Events", ColumnKind::kCount},
                   {"restricted_mean", "Restricted mean", ColumnKind::kNumber, 1},
                   {"restricted_mean_std_error", "Its standard error", ColumnKind::kNumber, 1},
                   {"horizon", "Restricted to", ColumnKind::kNumber, 1},
                   {"median", "Median", ColumnKind::kNumber, 1},
                   {"median_lower", "Lower limit", ColumnKind::kNumber, 1},
                   {"median_upper", "Upper limit", ColumnKind::kNumber, 1}};
  double last = 0;
  for (const SurvivalCurve& curve : curves) {
    if (!curve.time.empty()) last = std::max(last, curve.time.back());
  }
  for (std::size_t g = 0; g < curves.size(); ++g) {
    const SurvivalCurve& curve = curves[g];
    if (curve.time.empty()) continue;
    const double horizon = horizon_ > 0 ? horizon_ : common_horizon_ ? last : curve.time.back();
    const CurveSummary summary = Summarise(curve, horizon);
    table.rows.push_back({counts_.groups().level(g), Count(curve.n_persons()),
                          Count(curve.n_events()), summary.restricted_mean,
                          summary.restricted_mean_std_error, horizon, Number(summary.median),
                          Number(summary.median_lower), Number(summary.median_upper)});
  }
  return table;
}

Curve KaplanMeier::SurvivalPlot(const std::vector<SurvivalCurve>& curves) const {
  const std::string& unit = counts_.time().unit();
  Curve plot{.id = "survival",
             .title = "Survival",
             .x_title = unit.empty() ? "Time" : absl::StrCat("Time (", unit, ")"),
             .y_title = "Survival"};
  for (std::size_t g = 0; g < curves.size(); ++g) {
    const SurvivalCurve& curve = curves[g];
    if (curve.time.empty()) continue;
    Series series{.name = counts_.groups().level(g), .step = true};
    const auto push = [&](double x, double y, double lower, double upper, double n) {
      series.x.push_back(x);
      series.y.push_back(y);
      series.lower.push_back(lower);
      series.upper.push_back(upper);
      series.n.push_back(n);
    };
    push(0, 1, 1, 1, curve.n_persons());
    for (std::size_t i = 0; i < curve.time.size(); ++i) {
      // A drawing has no gaps: where there is no interval, S = 1 has its own value, S = 0 the last
      // limit.
      const bool open = std::isnan(curve.lower[i]);
      const double lower = open ? curve.survival[i] : curve.lower[i];
      const double upper =
          open ? std::max(curve.survival[i], curve.survival[i] > 0 ? 0.0 : series.upper.back())
               : curve.upper[i];
      push(curve.time[i], curve.survival[i], lower, upper, curve.at_risk[i]);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

absl::StatusOr<Result> KaplanMeier::ResultOf(const State& state) const {
  const std::vector<double> times = counts_.Times(state);
  if (times.empty()) {
    return absl::FailedPreconditionError("no person has a time, an event status and a group");
  }
  std::vector<SurvivalCurve> curves;
  std::vector<GroupCounts> groups;
  for (std::size_t g = 0; g < counts_.groups().size(); ++g) {
    groups.push_back({counts_.Events(state, g), counts_.Censored(state, g)});
    curves.push_back(MakeSurvivalCurve(times, groups[g].events, groups[g].censored, options_));
  }
  Result result;
  result.algorithm = "survival/kaplan_meier";
  result.label = {Exactness::kExact, 1e-10, "R 4.2.2 survival 3.5-3 survfit(), survdiff()"};
  result.rounds = state.round;
  result.tables = {SummaryTable(curves), SurvivalTable(curves)};
  result.curves = {SurvivalPlot(curves)};
  if (counts_.groups().is_split()) {
    const RankTest test = CompareGroups({groups}, 0);
    for (ResultTable& table : RankTestTables(test, counts_.groups())) {
      table.id = "log_rank_" + table.id;
      table.title = "Log-rank: " + table.title;
      result.tables.push_back(std::move(table));
    }
  }
  return result;
}

}  // namespace essaim::survival
