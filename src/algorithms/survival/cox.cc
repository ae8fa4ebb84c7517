#include "algorithms/survival/cox.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/survival/cox_by_site.h"
#include "algorithms/survival/score_bins.h"
#include "algorithms/survival/state_checks.h"
#include "base/status_macros.h"
#include "math/distributions.h"

namespace essaim::survival {
namespace {

// exp(cap) bounds a person's weight. Few persons are e^16 times the average's; then the hub asks
// again with e^32, and a trial that lies further out is answered by halving the step.
constexpr double kFirstCap = 16, kLastCap = 32;
constexpr std::size_t kFitLengthMax = std::size_t{1} << 26;

struct StratumTimes {
  std::span<const double> points;  // of this stratum's event times, ascending
  std::size_t begin = 0;           // position of the first in the list of all
};

StratumTimes TimesOf(const State& state, std::size_t stratum) {
  const std::vector<double>& begins = state.Get("stratum_begin");
  const auto begin = static_cast<std::size_t>(begins[stratum]);
  const auto end = static_cast<std::size_t>(begins[stratum + 1]);
  return {std::span(state.Get("times")).subspan(begin, end - begin), begin};
}

constexpr std::size_t kBeforeAll = static_cast<std::size_t>(-1);

// The last of `points` that is not after `point`.
std::size_t LastUpTo(std::span<const double> points, std::size_t point) {
  const auto after = std::upper_bound(points.begin(), points.end(), static_cast<double>(point));
  return after == points.begin() ? kBeforeAll
                                 : static_cast<std::size_t>(after - points.begin()) - 1;
}

double Eta(std::span<const double> gamma, std::span<const double> u) {
  double eta = 0;
  for (std::size_t j = 0; j < u.size(); ++j) eta += gamma[j] * u[j];
  return eta;
}

}  // namespace

AlgorithmInfo CoxInfo() {
  AlgorithmInfo info;
  info.name = "survival/cox";
  info.title = "Cox proportional hazards model";
  info.description = "Hazard ratios of covariates on the time to an event.";
  info.params = SurvivalTime::Specs();
  for (ParamSpec& spec : CoxSpecs()) info.params.push_back(std::move(spec));
  info.make = [](const Setup& setup) {
    return setup.params.Bool("stratify_by_site", false) ? CoxBySite::Make(setup) : Cox::Make(setup);
  };
  info.examples = [] {
    using Texts = std::vector<std::string>;
    Params plain, strata, ridge, site;
    plain.values = {{"time", "time"}, {"event", "event"}, {"terms", Texts{"age", "stage", "dose"}}};
    strata.values = {{"time", "time"},
                     {"event", "event"},
                     {"terms", Texts{"age", "dose"}},
                     {"strata", "sex"},
                     {"ties", "breslow"}};
    ridge.values = {{"time", "time"},
                    {"event", "event"},
                    {"terms", Texts{"age", "arm", "score"}},
                    {"ridge", 5.0},
                    {"standardise", true}};
    site.values = {{"time", "time"},
                   {"event", "event"},
                   {"terms", Texts{"age", "sex", "dose"}},
                   {"stratify_by_site", true}};
    return std::vector<Params>{plain, strata, ridge, site};
  };
  return info;
}

absl::StatusOr<std::unique_ptr<Algorithm>> Cox::Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(CoxDesign design, CoxDesign::Make(setup));
  ESSAIM_ASSIGN_OR_RETURN(SurvivalTime time, SurvivalTime::Make(setup.schema, setup.params));
  ESSAIM_ASSIGN_OR_RETURN(Grouping strata, Grouping::Make(setup.schema, setup.params, "strata"));
  if (strata.size() > kFitLengthMax / time.n_points()) {
    return absl::InvalidArgumentError("resolution: too many possible times: choose a coarser one");
  }
  return std::unique_ptr<Algorithm>(new Cox(std::move(time), std::move(strata), std::move(design),
                                            CoxSettingsFrom(setup.params)));
}

Layout Cox::FitLayout(const State& state) const {
  const std::size_t p = design_.size(), q = RowWidth(p);
  const std::size_t n_times = state.Get("times").size();
  const std::size_t n_pooled = state.Get("pooled_times").size();
  const auto [least, most] =
      design_.EtaRange(state.Get("trial"), state.Get("centre"), state.Get("half"));
  const double bound = std::exp(std::min(std::max(most, 0.0), state.Scalar("cap")));
  Layout layout;
  layout.blocks = {{.name = "clipped", .length = 1, .bound = 1, .integral = true},
                   {.name = "persons", .length = n_pooled, .bound = 1, .integral = true},
                   {.name = "deaths", .length = n_times, .bound = 1, .integral = true},
                   {.name = "event_sums", .length = n_times * p, .bound = 1},
                   {.name = "risk", .length = n_times * q, .bound = bound}};
  const std::size_t n_tied = state.Get("tied").size();
  if (n_tied > 0) layout.blocks.push_back({.name = "tied", .length = n_tied * q, .bound = bound});
  return layout;
}

bool Cox::IsUsable(const State& state) const {
  const CoxPhase phase = PhaseOf(state);
  if (phase == CoxPhase::kMoments) return true;
  if (!HasUsableTrial(design_, state)) return false;
  const std::vector<double>& times = state.Get("times");
  const std::vector<double>& begins = state.Get("stratum_begin");
  const std::vector<double>& tied = state.Get("tied");
  if (times.empty() || begins.size() != strata_.size() + 1 || begins.front() != 0 ||
      begins.back() != static_cast<double>(times.size())) {
    return false;
  }
  for (std::size_t s = 0; s + 1 < begins.size(); ++s) {
    const double from = begins[s], to = begins[s + 1];
    if (!(from <= to && to <= begins.back()) || to != std::floor(to)) return false;
    const auto own = std::span(times).subspan(static_cast<std::size_t>(from),
                                              static_cast<std::size_t>(to - from));
    if (!IsAscendingBelow(own, time_.n_points())) return false;
  }
  const std::vector<double>& cap = state.Get("cap");
  if (phase == CoxPhase::kFit) {
    return IsAscendingBelow(tied, times.size()) && IsBounded(cap, 1, kLastCap) && cap[0] >= 0 &&
           IsAscendingBelow(state.Get("pooled_times"), time_.n_points()) &&
           (times.size() + tied.size()) * RowWidth(design_.size()) <= kFitLengthMax;
  }
  const std::vector<double>& range = state.Get("fine_range");
  const std::vector<double>& starts = state.Get("bin_starts");
  if (!IsBounded(range, 2, 1e20)) return false;
  if (phase == CoxPhase::kScores) return starts.empty();
  return !starts.empty() && IsAscendingBelow(starts, kFineBins) &&
         times.size() * starts.size() <= kFitLengthMax;
}

Layout Cox::LayoutFor(const State& state) const {
  if (!IsUsable(state)) return {};
  const std::size_t p = design_.size();
  switch (PhaseOf(state)) {
    case CoxPhase::kMoments:
      return {.blocks = {{.name = "n", .length = 1, .bound = 1, .integral = true},
                         {.name = "sum", .length = p, .bound = 1},
                         {.name = "squares", .length = p, .bound = 1},
                         {.name = "event_points",
                          .length = strata_.size() * time_.n_points(),
                          .bound = 1,
                          .integral = true}}};
    case CoxPhase::kFit:
      return FitLayout(state);
    case CoxPhase::kScores:
      return {.blocks = {{.name = "fine", .length = kFineBins, .bound = 1, .integral = true}}};
    case CoxPhase::kPairs:
      break;
  }
  const std::size_t length = state.Get("times").size() * state.Get("bin_starts").size();
  return {.blocks = {{.name = "events", .length = length, .bound = 1, .integral = true},
                     {.name = "censored", .length = length, .bound = 1, .integral = true}}};
}

void Cox::AddMoments(const Person& person, std::span<double> out) const {
  const std::size_t p = design_.size();
  out[0] += 1;
  for (std::size_t j = 0; j < p; ++j) {
    out[1 + j] += person.u[j];
    out[1 + p + j] += person.u[j] * person.u[j];
  }
  if (!person.seen.event) return;
  out[1 + 2 * p + person.stratum * time_.n_points() + person.seen.point] += 1;
}

// What AddFit and AddScore read of the state, looked up once a block.
struct Cox::View {
  std::span<const double> gamma, pooled, tied, fine_range, starts;
  std::vector<StratumTimes> strata;
  double cap = 0;
  std::size_t deaths = 0, sums = 0, risk = 0, own = 0;  // where the blocks start
};

Cox::View Cox::ViewOf(const State& state, const Layout& layout) const {
  View view;
  view.gamma = state.Get("trial");
  view.pooled = state.Get("pooled_times");
  view.tied = state.Get("tied");
  view.fine_range = state.Get("fine_range");
  view.starts = state.Get("bin_starts");
  for (std::size_t s = 0; s < strata_.size(); ++s) view.strata.push_back(TimesOf(state, s));
  if (PhaseOf(state) == CoxPhase::kFit) {
    view.cap = state.Scalar("cap");
    view.deaths = *layout.OffsetOf("deaths");
    view.sums = *layout.OffsetOf("event_sums");
    view.risk = *layout.OffsetOf("risk");
    view.own = layout.OffsetOf("tied").value_or(0);
  }
  return view;
}

void Cox::AddFit(const Person& person, const View& view, std::span<double> out) const {
  const std::size_t p = design_.size(), q = RowWidth(p);
  const std::size_t pooled = LastUpTo(view.pooled, person.seen.point);
  if (pooled != kBeforeAll) out[1 + pooled] += 1;
  const StratumTimes& times = view.strata[person.stratum];
  const std::size_t last = LastUpTo(times.points, person.seen.point);
  if (last == kBeforeAll) return;  // censored before the stratum's first event: in no risk set
  const std::size_t row = times.begin + last;

  double eta = Eta(view.gamma, person.u);
  if (eta > view.cap) {
    eta = view.cap;
    out[0] += 1;
  }
  const double weight = std::exp(eta);
  AddRow(weight, person.u, out.subspan(view.risk + row * q, q));
  // An event at a time that is none of the fit's can only be from rows that changed: a censoring
  // here.
  if (!person.seen.event || times.points[last] != static_cast<double>(person.seen.point)) return;
  out[view.deaths + row] += 1;
  for (std::size_t j = 0; j < p; ++j) out[view.sums + row * p + j] += person.u[j];
  const auto at = std::lower_bound(view.tied.begin(), view.tied.end(), static_cast<double>(row));
  if (at == view.tied.end() || *at != static_cast<double>(row)) return;
  const auto tied = static_cast<std::size_t>(at - view.tied.begin());
  AddRow(weight, person.u, out.subspan(view.own + tied * q, q));
}

void Cox::AddScore(const Person& person, const View& view, std::span<double> out) const {
  const std::size_t fine =
      FineBin(Eta(view.gamma, person.u), view.fine_range[0], view.fine_range[1]);
  if (view.starts.empty()) {
    out[fine] += 1;
    return;
  }
  const StratumTimes& times = view.strata[person.stratum];
  const std::size_t last = LastUpTo(times.points, person.seen.point);
  if (last == kBeforeAll) return;
  const std::size_t cell = (times.begin + last) * view.starts.size() + BinOf(fine, view.starts);
  out[(person.seen.event ? 0 : out.size() / 2) + cell] += 1;
}

absl::Status Cox::ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                                  const State& state, std::span<double> out) const {
  if (!IsUsable(state)) return UnusableState();
  const CoxPhase phase = PhaseOf(state);
  std::vector<double> centre = state.Get("centre"), half = state.Get("half");
  View view;
  if (phase == CoxPhase::kMoments) {
    centre = design_.Middles();
    half = design_.HalfRanges(centre);
  } else {
    view = ViewOf(state, LayoutFor(state));
  }
  const CoxRows rows = design_.Rows(table, begin, end, centre, half);
  for (std::size_t i = begin; i < end; ++i) {
    Person person;
    person.stratum = strata_.Of(table, i);
    if (rows.complete[i - begin] == 0 || person.stratum == strata_.size()) continue;
    const auto reading = time_.Read(table, i, person.seen);
    if (reading == SurvivalTime::Reading::kMissing) continue;
    if (reading == SurvivalTime::Reading::kOffGrid) return time_.OffGridError();
    person.u = rows.row(i - begin);
    if (phase == CoxPhase::kMoments) {
      AddMoments(person, out);
    } else if (phase == CoxPhase::kFit) {
      AddFit(person, view, out);
    } else {
      AddScore(person, view, out);
    }
  }
  return absl::OkStatus();
}

absl::Status Cox::AfterMoments(const SecureSum& sum, State& next) const {
  const auto points = sum.block("event_points");
  const std::size_t n_points = time_.n_points();
  std::vector<double> times, begins = {0}, tied, pooled;
  Moments moments;
  for (std::size_t s = 0; s < strata_.size(); ++s) {
    for (std::size_t point = 0; point < n_points; ++point) {
      const double deaths = points[s * n_points + point];
      if (deaths <= 0) continue;
      if (settings_.efron && deaths > 1) tied.push_back(static_cast<double>(times.size()));
      times.push_back(static_cast<double>(point));
      moments.n_events += deaths;
    }
    begins.push_back(static_cast<double>(times.size()));
  }
  pooled = times;
  std::sort(pooled.begin(), pooled.end());
  pooled.erase(std::unique(pooled.begin(), pooled.end()), pooled.end());
  if ((times.size() + tied.size()) * RowWidth(design_.size()) > kFitLengthMax) {
    return absl::FailedPreconditionError(
        absl::StrCat(times.size(), " event times with ", design_.size(),
                     " covariates make too long a message: choose a coarser resolution"));
  }
  moments.n = sum.scalar("n");
  moments.sum.assign(sum.block("sum").begin(), sum.block("sum").end());
  moments.squares.assign(sum.block("squares").begin(), sum.block("squares").end());
  next.vectors["times"] = std::move(times);
  next.vectors["stratum_begin"] = std::move(begins);
  next.vectors["tied"] = std::move(tied);
  next.vectors["pooled_times"] = std::move(pooled);
  next.vectors["sites"].assign(sum.sites().begin(), sum.sites().end());
  next.Set("cap", kFirstCap);
  return BeginFit(design_, settings_, moments, next);
}

absl::Status Cox::AfterFit(const SecureSum& sum, State& next) const {
  bool usable = true;
  if (sum.scalar("clipped") > 0) {
    if (next.Scalar("cap") < kLastCap) {
      next.Set("cap", kLastCap);
      return absl::OkStatus();
    }
    usable = false;
  }
  RiskSets sets;
  sets.p = design_.size();
  for (const double begin : next.Get("stratum_begin")) {
    sets.stratum_begin.push_back(static_cast<std::size_t>(begin));
  }
  const auto copy = [&](std::string_view block) {
    const auto values = sum.block(block);
    return std::vector<double>(values.begin(), values.end());
  };
  sets.deaths = copy("deaths");
  sets.event_sums = copy("event_sums");
  sets.risk = copy("risk");
  const std::vector<double>& tied = next.Get("tied");
  if (!tied.empty()) sets.tied = copy("tied");
  sets.tied_row.assign(sets.n_times(), RiskSets::kNotTied);
  for (std::size_t i = 0; i < tied.size(); ++i) {
    sets.tied_row[static_cast<std::size_t>(tied[i])] = i;
  }
  sets.Accumulate();
  ESSAIM_ASSIGN_OR_RETURN(
      const Progress progress,
      AdvanceFit(settings_, LikelihoodOf(sets, next.Get("trial")), usable, next));
  if (progress == Progress::kAgain) return absl::OkStatus();

  next.vectors["hazard"] = HazardIncrements(sets);
  if (settings_.proportionality && settings_.ridge == 0) StoreProportionality(sum, sets, next);
  if (!settings_.concordance) {
    next.done = true;
    return absl::OkStatus();
  }
  const auto [least, most] =
      design_.EtaRange(next.Get("trial"), next.Get("centre"), next.Get("half"));
  next.vectors["fine_range"] = {least, most};
  next.Set("phase", static_cast<double>(CoxPhase::kScores));
  return absl::OkStatus();
}

void Cox::StoreProportionality(const SecureSum& sum, const RiskSets& sets, State& next) const {
  // Time enters as one minus the Kaplan-Meier estimate of all strata together, just before the
  // event.
  const std::vector<double>& pooled = next.Get("pooled_times");
  const std::vector<double>& times = next.Get("times");
  std::vector<double> deaths(pooled.size()), risen(pooled.size());
  const auto at = [&](double point) {
    return static_cast<std::size_t>(std::lower_bound(pooled.begin(), pooled.end(), point) -
                                    pooled.begin());
  };
  for (std::size_t t = 0; t < times.size(); ++t) deaths[at(times[t])] += sets.deaths[t];
  const auto persons = sum.block("persons");
  double at_risk = 0, survival = 1;
  for (const double n : persons) at_risk += n;
  for (std::size_t i = 0; i < pooled.size(); ++i) {
    risen[i] = 1 - survival;
    survival *= (at_risk - deaths[i]) / at_risk;
    at_risk -= persons[i];
  }
  std::vector<double> g;
  for (const double point : times) g.push_back(risen[at(point)]);
  std::vector<ColumnRange> terms;
  for (const CoxDesign::Term& term : design_.terms()) terms.push_back(term.columns);
  std::vector<double> stored;
  for (const ProportionalityTest& test : TestProportionality(sets, g, terms)) {
    stored.push_back(test.chi_squared);
    stored.push_back(test.degrees_of_freedom);
  }
  next.vectors["proportionality"] = std::move(stored);
}

void Cox::AfterPairs(const SecureSum& sum, State& next) const {
  const std::size_t n_bins = next.Get("bin_starts").size();
  const auto events = sum.block("events");
  const auto censored = sum.block("censored");
  PairCounts pairs;
  for (std::size_t s = 0; s < strata_.size(); ++s) {
    const StratumTimes times = TimesOf(next, s);
    const std::size_t from = times.begin * n_bins, length = times.points.size() * n_bins;
    pairs.Add(
        CountBinnedPairs(events.subspan(from, length), censored.subspan(from, length), n_bins));
  }
  StorePairs(pairs, next);
}

absl::StatusOr<State> Cox::Update(const State& state, const SecureSum& sum) const {
  ESSAIM_ASSIGN_OR_RETURN(std::optional<State> restarted, RestartedIfSitesChanged(state, sum));
  if (restarted) return *std::move(restarted);
  State next = state;
  ++next.round;
  switch (PhaseOf(state)) {
    case CoxPhase::kMoments:
      ESSAIM_RETURN_IF_ERROR(AfterMoments(sum, next));
      break;
    case CoxPhase::kFit:
      ESSAIM_RETURN_IF_ERROR(AfterFit(sum, next));
      break;
    case CoxPhase::kScores:
      next.vectors["bin_starts"] =
          ChooseBins(sum.block("fine"), BinsThatFit(settings_.bins, state.Get("times").size()));
      next.Set("phase", static_cast<double>(CoxPhase::kPairs));
      break;
    case CoxPhase::kPairs:
      AfterPairs(sum, next);
      next.done = true;
      break;
  }
  return next;
}

ResultTable Cox::BaselineTable(const State& state) const {
  ResultTable table{.id = "baseline", .title = "Baseline hazard (all covariates 0)"};
  table.columns = {{"stratum", "Stratum", ColumnKind::kText},
                   {"time", "Time", ColumnKind::kNumber},
                   {"cumulative_hazard", "Cumulative hazard", ColumnKind::kNumber}};
  const std::vector<double>& gamma = state.Get("trial");
  double shift = 0;  // of eta, from the centre to covariates of 0
  for (std::size_t j = 0; j < gamma.size(); ++j) {
    shift += gamma[j] * state.Get("centre")[j] / state.Get("half")[j];
  }
  for (std::size_t s = 0; s < strata_.size(); ++s) {
    const StratumTimes times = TimesOf(state, s);
    double hazard = 0;
    for (std::size_t t = 0; t < times.points.size(); ++t) {
      hazard += state.Get("hazard")[times.begin + t];
      table.rows.push_back({strata_.level(s),
                            time_.TimeAt(static_cast<std::size_t>(times.points[t])),
                            hazard * std::exp(-shift)});
    }
  }
  return table;
}

absl::StatusOr<Result> Cox::ResultOf(const State& state) const {
  Result result = CoxResult(design_, settings_, state);
  const std::vector<double>& tests = state.Get("proportionality");
  if (!tests.empty()) {
    ResultTable table{.id = "proportional_hazards", .title = "Test of proportional hazards"};
    table.columns = {{"term", "Term", ColumnKind::kText},
                     {"chi_squared", "Chi-squared", ColumnKind::kNumber},
                     {"df", "Degrees of freedom", ColumnKind::kNumber},
                     {"p_value", "p", ColumnKind::kPValue}};
    for (std::size_t i = 0; 2 * i < tests.size(); ++i) {
      const std::string name = i < design_.terms().size() ? design_.terms()[i].name : "GLOBAL";
      const double df = tests[2 * i + 1];
      table.rows.push_back(
          {name, tests[2 * i], df, df > 0 ? Cell(ChiSquaredUpper(tests[2 * i], df)) : Cell()});
    }
    result.tables.push_back(std::move(table));
  }
  result.tables.push_back(BaselineTable(state));
  return result;
}

}  // namespace essaim::survival
