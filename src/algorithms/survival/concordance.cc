#include "algorithms/survival/concordance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algo/model.h"
#include "algorithms/survival/score_bins.h"
#include "algorithms/survival/state_checks.h"
#include "base/status_macros.h"

namespace essaim::survival {
namespace {

constexpr double kRestartsMax = 20;

}  // namespace

AlgorithmInfo ConcordanceInfo() {
  AlgorithmInfo info;
  info.name = "survival/concordance";
  info.title = "Concordance";
  info.description = "The C-index of a fitted model or of a risk score on the cohort's persons.";
  info.params = SurvivalTime::Specs();
  info.params.push_back(
      {.name = "score",
       .type = ParamType::kVariable,
       .description = "The risk score. Default: the linear predictor of the model."});
  info.params.push_back(
      {.name = "higher_is_worse",
       .type = ParamType::kBool,
       .description = "Whether a higher score means an earlier event. Default true."});
  info.params.push_back({.name = "bins",
                         .type = ParamType::kInteger,
                         .description = "The most score bins. Default 1024.",
                         .lower = 2,
                         .upper = 65536});
  for (ParamSpec& spec : ModelParamSpecs()) info.params.push_back(std::move(spec));
  info.make = Concordance::Make;
  info.examples = [] {
    Params score, model;
    score.values = {{"time", "time"}, {"event", "event"}, {"score", "risk"}};
    model.values = {{"time", "time"},
                    {"event", "event"},
                    {"bins", 64.0},
                    {"model_terms", std::vector<std::string>{"age", "dose"}},
                    {"model_coefficients", std::vector<double>{0.03, -0.2}},
                    {"model_centres", std::vector<double>{60, 5}},
                    {"model_scales", std::vector<double>{1, 1}},
                    {"model_family", "cox"},
                    {"model_link", "log"}};
    return std::vector<Params>{score, model};
  };
  return info;
}

absl::StatusOr<std::unique_ptr<Algorithm>> Concordance::Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(SurvivalTime time, SurvivalTime::Make(setup.schema, setup.params));
  auto made = std::unique_ptr<Concordance>(new Concordance(std::move(time)));
  made->bins_ = static_cast<std::size_t>(setup.params.Integer("bins", 1024));
  made->direction_ = setup.params.Bool("higher_is_worse", true) ? 1 : -1;
  if (setup.params.Has("score")) {
    ESSAIM_RETURN_IF_ERROR(made->BindScore(setup));
    return made;
  }
  if (!setup.params.Has("model_terms")) {
    return absl::InvalidArgumentError(
        "score: name a variable, or an earlier analysis as the `model`");
  }
  ESSAIM_ASSIGN_OR_RETURN(made->model_, LinearPredictor::Make(setup));
  made->upper_ = made->model_->bound();
  made->lower_ = -made->upper_;
  return made;
}

absl::Status Concordance::BindScore(const Setup& setup) {
  const std::string name = setup.params.Text("score");
  ESSAIM_ASSIGN_OR_RETURN(score_, setup.schema.Index(name));
  const Variable& variable = setup.schema.variables()[score_];
  if (variable.kind == VariableKind::kCategory) {
    return absl::InvalidArgumentError(absl::StrCat("score: '", name, "' is not a number"));
  }
  const bool boolean = variable.kind == VariableKind::kBoolean;
  lower_ = boolean ? 0 : variable.lower;
  upper_ = boolean ? 1 : variable.upper;
  return absl::OkStatus();
}

std::vector<double> Concordance::Scores(const PersonTable& table, std::size_t begin,
                                        std::size_t end) const {
  std::vector<double> scores(end - begin);
  if (model_) {
    model_->Eta(table, begin, end, scores);
  } else {
    const auto column = table.column(score_).subspan(begin, end - begin);
    std::copy(column.begin(), column.end(), scores.begin());
  }
  return scores;
}

bool Concordance::IsUsable(const State& state) const {
  const std::vector<double>& times = state.Get("times");
  const std::vector<double>& starts = state.Get("bin_starts");
  return !starts.empty() && IsAscendingBelow(times, time_.n_points()) &&
         IsAscendingBelow(starts, kFineBins) &&
         (times.size() + 1) * starts.size() <= 2 * kPairTableMax;
}

Layout Concordance::LayoutFor(const State& state) const {
  if (!state.Has("times")) {
    return {.blocks = {
                {.name = "n", .length = 1, .bound = 1, .integral = true},
                {.name = "event_points", .length = time_.n_points(), .bound = 1, .integral = true},
                {.name = "fine", .length = kFineBins, .bound = 1, .integral = true}}};
  }
  if (!IsUsable(state)) return {};
  // One row more, first: those whose follow-up ended before any known event time.
  const std::size_t length = (state.Get("times").size() + 1) * state.Get("bin_starts").size();
  return {.blocks = {{.name = "events", .length = length, .bound = 1, .integral = true},
                     {.name = "censored", .length = length, .bound = 1, .integral = true}}};
}

absl::Status Concordance::ContributeBlock(const PersonTable& table, std::size_t begin,
                                          std::size_t end, const State& state,
                                          std::span<double> out) const {
  if (state.Has("times") && !IsUsable(state)) return UnusableState();
  const std::vector<double>& times = state.Get("times");
  const std::vector<double>& starts = state.Get("bin_starts");
  const std::vector<double> scores = Scores(table, begin, end);
  SurvivalTime::Observation seen;
  for (std::size_t person = begin; person < end; ++person) {
    const double score = scores[person - begin];
    const auto reading = time_.Read(table, person, seen);
    if (reading == SurvivalTime::Reading::kMissing || std::isnan(score)) continue;
    if (reading == SurvivalTime::Reading::kOffGrid) return time_.OffGridError();
    const std::size_t fine = FineBin(score, lower_, upper_);
    if (!state.Has("times")) {
      out[0] += 1;
      if (seen.event) out[1 + seen.point] += 1;
      out[1 + time_.n_points() + fine] += 1;
      continue;
    }
    const auto after =
        std::upper_bound(times.begin(), times.end(), static_cast<double>(seen.point));
    const auto time = static_cast<std::size_t>(after - times.begin());
    out[(seen.event ? 0 : out.size() / 2) + time * starts.size() + BinOf(fine, starts)] += 1;
  }
  return absl::OkStatus();
}

absl::StatusOr<State> Concordance::Update(const State& state, const SecureSum& sum) const {
  State next = state;
  ++next.round;
  if (!state.Has("times")) {
    next.vectors["sites"].assign(sum.sites().begin(), sum.sites().end());
    const auto points = sum.block("event_points");
    std::vector<double> times;
    for (std::size_t point = 0; point < points.size(); ++point) {
      if (points[point] > 0) times.push_back(static_cast<double>(point));
    }
    if (times.empty()) {
      return absl::FailedPreconditionError("no events: no two persons can be compared");
    }
    next.vectors["bin_starts"] =
        ChooseBins(sum.block("fine"), BinsThatFit(bins_, times.size() + 1));
    next.vectors["times"] = std::move(times);
    return next;
  }
  // Bins are chosen from all sites' scores: another set of sites has others, so it starts again.
  if (std::vector<double>(sum.sites().begin(), sum.sites().end()) != state.Get("sites")) {
    State fresh;
    fresh.round = next.round;
    fresh.Set("restarts", state.Has("restarts") ? state.Scalar("restarts") + 1 : 1);
    if (fresh.Scalar("restarts") > kRestartsMax) {
      return absl::FailedPreconditionError("sites came and went too often to finish");
    }
    return fresh;
  }
  const auto events = sum.block("events");
  const auto censored = sum.block("censored");
  PairCounts pairs = CountBinnedPairs(events, censored, state.Get("bin_starts").size());
  double n = 0, n_events = 0;
  for (const double count : events) n_events += count;
  for (const double count : censored) n += count;
  next.vectors["figures"] = {n + n_events,
                             n_events,
                             direction_ > 0 ? pairs.Index() : 1 - pairs.Index(),
                             pairs.StdError(),
                             pairs.TieBound(),
                             direction_ > 0 ? pairs.concordant : pairs.discordant,
                             direction_ > 0 ? pairs.discordant : pairs.concordant,
                             pairs.tied_score,
                             pairs.tied_time,
                             pairs.tied_both};
  next.done = true;
  return next;
}

absl::StatusOr<Result> Concordance::ResultOf(const State& state) const {
  const std::vector<double>& figures = state.Get("figures");
  if (!std::isfinite(figures[2])) {
    return absl::FailedPreconditionError("no two persons can be compared");
  }
  Result result;
  result.algorithm = "survival/concordance";
  result.label = {Exactness::kApproximate, figures[4], "R 4.2.2 survival 3.5-3 concordance()"};
  result.rounds = state.round;
  ResultTable table{.id = "concordance", .title = "Concordance"};
  table.columns = {{"n", "Persons", ColumnKind::kCount},
                   {"events", "Events", ColumnKind::kCount},
                   {"concordance", "C-index", ColumnKind::kNumber, 1},
                   {"std_error", "Standard error", ColumnKind::kNumber, 1},
                   {"bound", "Largest error from score bins", ColumnKind::kNumber, 1},
                   {"concordant", "Concordant pairs", ColumnKind::kNumber, 1},
                   {"discordant", "Discordant pairs", ColumnKind::kNumber, 1},
                   {"tied_score", "Pairs of one score", ColumnKind::kNumber, 1},
                   {"tied_time", "Pairs of one event time", ColumnKind::kNumber, 1},
                   {"tied_both", "Pairs of both", ColumnKind::kNumber, 1}};
  table.rows.push_back(
      {static_cast<std::int64_t>(figures[0]), static_cast<std::int64_t>(figures[1])});
  for (std::size_t i = 2; i < figures.size(); ++i) table.rows[0].push_back(figures[i]);
  result.tables = {std::move(table)};
  result.notes.push_back(absl::StrCat("scores were compared in ", state.Get("bin_starts").size(),
                                      " bins; pairs of one bin count a half"));
  return result;
}

}  // namespace essaim::survival
