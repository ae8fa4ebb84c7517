#include "algorithms/survival/cox_by_site.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/survival/state_checks.h"
#include "base/status_macros.h"

namespace essaim::survival {
namespace {

constexpr double kPersonsMax = 0x1p26;  // of one site; bounds follow from it

double Eta(std::span<const double> gamma, std::span<const double> u) {
  double eta = 0;
  for (std::size_t j = 0; j < u.size(); ++j) eta += gamma[j] * u[j];
  return eta;
}

}  // namespace

// The persons with all variables of the model, by stratum and then by time.
struct CoxBySite::Rows {
  std::vector<SurvivalTime::Observation> seen;
  std::vector<std::size_t> stratum;
  std::vector<double> u;  // n * p

  std::size_t size() const { return seen.size(); }
};

absl::StatusOr<std::unique_ptr<Algorithm>> CoxBySite::Make(const Setup& setup) {
  ESSAIM_ASSIGN_OR_RETURN(CoxDesign design, CoxDesign::Make(setup));
  ESSAIM_ASSIGN_OR_RETURN(SurvivalTime time, SurvivalTime::Make(setup.schema, setup.params));
  ESSAIM_ASSIGN_OR_RETURN(Grouping strata, Grouping::Make(setup.schema, setup.params, "strata"));
  return std::unique_ptr<Algorithm>(new CoxBySite(
      std::move(time), std::move(strata), std::move(design), CoxSettingsFrom(setup.params)));
}

Layout CoxBySite::LayoutFor(const State& state) const {
  const std::size_t p = design_.size();
  Layout layout{.additivity = Additivity::kPerNode};
  if (PhaseOf(state) != CoxPhase::kMoments && !HasUsableTrial(design_, state)) return layout;
  switch (PhaseOf(state)) {
    case CoxPhase::kMoments:
      layout.blocks = {{.name = "n", .length = 1, .bound = kPersonsMax, .integral = true},
                       {.name = "events", .length = 1, .bound = kPersonsMax, .integral = true},
                       {.name = "sum", .length = p, .bound = kPersonsMax},
                       {.name = "squares", .length = p, .bound = kPersonsMax}};
      return layout;
    case CoxPhase::kFit: {
      const auto [least, most] =
          design_.EtaRange(state.Get("trial"), state.Get("centre"), state.Get("half"));
      // A factor's logarithm is at most that of the persons at risk and of the spread of their
      // weights.
      const double factor = std::log(kPersonsMax) + std::max(-least, most) + (most - least);
      layout.blocks = {
          {.name = "loglik", .length = 1, .bound = kPersonsMax * (1 + factor)},
          {.name = "score", .length = p, .bound = 2 * kPersonsMax},
          {.name = "information", .length = p * (p + 1) / 2, .bound = 2 * kPersonsMax}};
      return layout;
    }
    case CoxPhase::kScores:
    case CoxPhase::kPairs:
      break;
  }
  layout.blocks = {
      {.name = "pairs", .length = 5, .bound = kPersonsMax * kPersonsMax},
      {.name = "jackknife", .length = 3, .bound = kPersonsMax * kPersonsMax * kPersonsMax}};
  return layout;
}

CoxBySite::Rows CoxBySite::Complete(const PersonTable& table, const State& state) const {
  const std::size_t p = design_.size();
  std::vector<double> centre = state.Get("centre"), half = state.Get("half");
  if (PhaseOf(state) == CoxPhase::kMoments) {
    centre = design_.Middles();
    half = design_.HalfRanges(centre);
  }
  Rows found;
  const CoxRows rows = design_.Rows(table, 0, table.n_persons(), centre, half);
  for (std::size_t person = 0; person < table.n_persons(); ++person) {
    SurvivalTime::Observation seen;
    const std::size_t stratum = strata_.Of(table, person);
    if (stratum == strata_.size()) continue;
    if (time_.ReadOffGrid(table, person, seen) == SurvivalTime::Reading::kMissing) continue;
    if (rows.complete[person] == 0) continue;
    const std::span<const double> u = rows.row(person);
    found.seen.push_back(seen);
    found.stratum.push_back(stratum);
    found.u.insert(found.u.end(), u.begin(), u.end());
  }
  std::vector<std::size_t> order(found.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return found.stratum[a] != found.stratum[b] ? found.stratum[a] < found.stratum[b]
                                                : found.seen[a].time < found.seen[b].time;
  });
  Rows sorted;
  sorted.u.reserve(found.u.size());
  for (const std::size_t i : order) {
    sorted.seen.push_back(found.seen[i]);
    sorted.stratum.push_back(found.stratum[i]);
    const auto from = found.u.begin() + static_cast<std::ptrdiff_t>(i * p);
    sorted.u.insert(sorted.u.end(), from, from + static_cast<std::ptrdiff_t>(p));
  }
  return sorted;
}

void CoxBySite::LocalMoments(const Rows& rows, std::span<double> out) const {
  const std::size_t p = design_.size();
  out[0] = static_cast<double>(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[1] += rows.seen[i].event ? 1 : 0;
    for (std::size_t j = 0; j < p; ++j) {
      const double u = rows.u[i * p + j];
      out[2 + j] += u;
      out[2 + p + j] += u * u;
    }
  }
}

// Weights are exp(eta - shift).
RiskSets CoxBySite::LocalRiskSets(const Rows& rows, const State& state, double shift) const {
  const std::size_t p = design_.size(), q = RowWidth(p);
  RiskSets sets;
  sets.p = p;
  sets.stratum_begin = {0};
  std::size_t first = 0;  // person of the current stratum
  for (std::size_t stratum = 0; stratum < strata_.size(); ++stratum) {
    std::size_t end = first;
    std::vector<double> times;
    for (; end < rows.size() && rows.stratum[end] == stratum; ++end) {
      const SurvivalTime::Observation& seen = rows.seen[end];
      if (seen.event && (times.empty() || times.back() != seen.time)) times.push_back(seen.time);
    }
    const std::size_t begin = sets.stratum_begin.back();
    const std::size_t all = begin + times.size();
    sets.deaths.resize(all, 0);
    sets.event_sums.resize(all * p, 0);
    sets.risk.resize(all * q, 0);
    sets.tied.resize(settings_.efron ? all * q : 0, 0);
    for (std::size_t i = first; i < end; ++i) {
      const auto after = std::upper_bound(times.begin(), times.end(), rows.seen[i].time);
      if (after == times.begin()) continue;
      const std::size_t t = begin + static_cast<std::size_t>(after - times.begin()) - 1;
      const std::span<const double> u = std::span(rows.u).subspan(i * p, p);
      const double weight = std::exp(Eta(state.Get("trial"), u) - shift);
      AddRow(weight, u, std::span(sets.risk).subspan(t * q, q));
      if (!rows.seen[i].event) continue;
      sets.deaths[t] += 1;
      for (std::size_t j = 0; j < p; ++j) sets.event_sums[t * p + j] += u[j];
      if (settings_.efron) AddRow(weight, u, std::span(sets.tied).subspan(t * q, q));
    }
    sets.stratum_begin.push_back(all);
    first = end;
  }
  sets.tied_row.assign(sets.n_times(), RiskSets::kNotTied);
  for (std::size_t t = 0; settings_.efron && t < sets.n_times(); ++t) sets.tied_row[t] = t;
  sets.Accumulate();
  return sets;
}

void CoxBySite::LocalLikelihood(const Rows& rows, const State& state, std::span<double> out) const {
  const std::size_t p = design_.size();
  const std::vector<double>& gamma = state.Get("trial");
  double shift = 0;  // the largest eta: no weight overflows
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double eta = Eta(gamma, std::span(rows.u).subspan(i * p, p));
    shift = i == 0 ? eta : std::max(shift, eta);
  }
  const RiskSets sets = LocalRiskSets(rows, state, shift);
  const Likelihood local = LikelihoodOf(sets, gamma);
  out[0] = local.loglik;
  for (const double deaths : sets.deaths) out[0] -= deaths * shift;
  for (std::size_t j = 0; j < p; ++j) {
    out[1 + j] = local.score[j];
    for (std::size_t k = 0; k <= j; ++k) {
      out[1 + p + j * (j + 1) / 2 + k] = local.information[j * p + k];
    }
  }
}

void CoxBySite::LocalPairs(const Rows& rows, const State& state, std::span<double> out) const {
  const std::size_t p = design_.size();
  PairCounts pairs;
  std::vector<PairItem> items;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double eta = Eta(state.Get("trial"), std::span(rows.u).subspan(i * p, p));
    items.push_back({rows.seen[i].time, rows.seen[i].event, eta, 1});
    if (i + 1 == rows.size() || rows.stratum[i + 1] != rows.stratum[i]) {
      pairs.Add(CountPairs(items));
      items.clear();
    }
  }
  const double values[] = {pairs.concordant, pairs.discordant, pairs.tied_score, pairs.tied_time,
                           pairs.tied_both,  pairs.sum_aa,     pairs.sum_ab,     pairs.sum_bb};
  std::copy(std::begin(values), std::end(values), out.begin());
}

absl::Status CoxBySite::LocalStatistic(const PersonTable& table, const State& state,
                                       std::span<double> out) const {
  const Layout layout = LayoutFor(state);
  if (out.size() != layout.length()) {
    return absl::InvalidArgumentError("the vector has not the layout's length");
  }
  if (static_cast<double>(table.n_persons()) > kPersonsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kPersonsMax, " persons at one site"));
  }
  if (PhaseOf(state) != CoxPhase::kMoments && !HasUsableTrial(design_, state)) {
    return UnusableState();
  }
  const Rows rows = Complete(table, state);
  const CoxPhase phase = PhaseOf(state);
  if (phase == CoxPhase::kMoments) {
    LocalMoments(rows, out);
  } else if (phase == CoxPhase::kFit) {
    LocalLikelihood(rows, state, out);
  } else {
    LocalPairs(rows, state, out);
  }
  std::size_t i = 0;
  for (const Block& block : layout.blocks) {
    for (const std::size_t end = i + block.length; i < end; ++i) {
      if (!(std::abs(out[i]) <= block.bound)) {
        return absl::InvalidArgumentError(
            absl::StrCat("a contribution to '", block.name, "' is not finite or above its bound"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<State> CoxBySite::Update(const State& state, const SecureSum& sum) const {
  ESSAIM_ASSIGN_OR_RETURN(std::optional<State> restarted, RestartedIfSitesChanged(state, sum));
  if (restarted) return *std::move(restarted);
  State next = state;
  ++next.round;
  const std::size_t p = design_.size();
  const auto copy = [&](std::string_view block) {
    const auto values = sum.block(block);
    return std::vector<double>(values.begin(), values.end());
  };
  if (PhaseOf(state) == CoxPhase::kMoments) {
    next.vectors["sites"].assign(sum.sites().begin(), sum.sites().end());
    const Moments moments = {sum.scalar("n"), sum.scalar("events"), copy("sum"), copy("squares")};
    ESSAIM_RETURN_IF_ERROR(BeginFit(design_, settings_, moments, next));
    return next;
  }
  if (PhaseOf(state) == CoxPhase::kFit) {
    Likelihood likelihood{sum.scalar("loglik"), copy("score"), std::vector<double>(p * p)};
    const auto packed = sum.block("information");
    for (std::size_t j = 0; j < p; ++j) {
      for (std::size_t k = 0; k <= j; ++k) {
        likelihood.information[j * p + k] = likelihood.information[k * p + j] =
            packed[j * (j + 1) / 2 + k];
      }
    }
    ESSAIM_ASSIGN_OR_RETURN(const Progress progress,
                            AdvanceFit(settings_, std::move(likelihood), true, next));
    if (progress == Progress::kFinished) {
      next.Set("phase", static_cast<double>(CoxPhase::kPairs));
      next.done = !settings_.concordance;
    }
    return next;
  }
  const auto pairs = sum.block("pairs");
  const auto jackknife = sum.block("jackknife");
  StorePairs(
      {pairs[0], pairs[1], pairs[2], pairs[3], pairs[4], jackknife[0], jackknife[1], jackknife[2]},
      next);
  // Scores were compared themselves, not bins of them.
  next.vectors["pairs"].back() = 0;
  next.done = true;
  return next;
}

absl::StatusOr<Result> CoxBySite::ResultOf(const State& state) const {
  return CoxResult(design_, settings_, state);
}

}  // namespace essaim::survival
