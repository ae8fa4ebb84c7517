#include "linkage/fellegi_sunter.h"

#include <algorithm>
#include <cmath>

namespace essaim::linkage {
namespace {

constexpr double kLeast = 1e-9;  // a level that was never seen may still come

double LogRatio(const LinkModel& model, const Comparison& c,
                const std::array<bool, kFields>& fields) {
  double sum = 0;
  for (std::size_t f = 0; f < kFields; ++f) {
    if (!fields[f] || c.levels[f] == kMissing) continue;
    const auto level = static_cast<std::size_t>(c.levels[f]);
    sum += std::log(model.fields[f].m[level]) - std::log(model.fields[f].u[level]);
  }
  return sum;
}

double Posterior(double prior, double log_ratio) {
  return 1 / (1 + std::exp(-(std::log(prior) - std::log1p(-prior) + log_ratio)));
}

constexpr std::array<bool, kFields> kAllFields = {true, true, true, true, true};

struct Sums {
  std::array<std::array<double, kLevels>, kFields> match{}, other{};
  double n_match = 0, n = 0;
};

Sums Expect(const PatternCounts& counts, const LinkModel& model, const EmOptions& options) {
  Sums sums;
  for (const auto& [c, count] : counts) {
    const double match = count * Posterior(model.prior, LogRatio(model, c, options.fields));
    sums.n += count;
    sums.n_match += match;
    for (std::size_t f = 0; f < kFields; ++f) {
      if (c.levels[f] == kMissing) continue;
      const auto level = static_cast<std::size_t>(c.levels[f]);
      sums.match[f][level] += match;
      sums.other[f][level] += count - match;
    }
  }
  return sums;
}

// The level's shares, with pseudo-counts of `before`; gives the largest change.
double Share(const std::array<double, kLevels>& sums, const std::array<double, kLevels>& start,
             double pseudo, std::array<double, kLevels>& shares) {
  double total = 0, change = 0;
  for (std::size_t l = 0; l < kLevels; ++l) total += sums[l] + pseudo * start[l];
  if (total <= 0) return 0;  // missing in every pair: nothing is learned
  for (std::size_t l = 0; l < kLevels; ++l) {
    const double share = std::max(kLeast, (sums[l] + pseudo * start[l]) / total);
    change = std::max(change, std::abs(share - shares[l]));
    shares[l] = share;
  }
  return change;
}

bool IsProbability(double p) { return p > 0 && p < 1; }

}  // namespace

double LinkModel::Weight(const Comparison& c) const {
  return LogRatio(*this, c, kAllFields) / std::log(2.0);
}

double LinkModel::Probability(const Comparison& c) const {
  return Posterior(prior, LogRatio(*this, c, kAllFields));
}

LinkModel DefaultModel(double prior) {
  LinkModel model;
  model.prior = std::clamp(prior, 1e-12, 0.5);
  for (FieldModel& field : model.fields)
    field = {.m = {0.02, 0.02, 0.06, 0.90}, .u = {0.90, 0.06, 0.02, 0.02}};
  model.fields[static_cast<std::size_t>(Field::kSex)] = {.m = {0.02, kLeast, kLeast, 0.98},
                                                         .u = {0.50, kLeast, kLeast, 0.50}};
  // People move.
  model.fields[static_cast<std::size_t>(Field::kPostcode)].m = {0.15, 0.10, 0.05, 0.70};
  return model;
}

absl::StatusOr<EmResult> FitByEm(const PatternCounts& counts, const LinkModel& start,
                                 const EmOptions& options) {
  if (counts.empty()) return absl::InvalidArgumentError("no pairs to estimate from");
  if (!IsProbability(start.prior))
    return absl::InvalidArgumentError("the prior of a match must be between 0 and 1");
  for (const FieldModel& field : start.fields) {
    if (!std::ranges::all_of(field.m, IsProbability) ||
        !std::ranges::all_of(field.u, IsProbability))
      return absl::InvalidArgumentError("a starting probability must be between 0 and 1");
  }
  EmResult result{.model = start};
  LinkModel& model = result.model;
  while (!result.converged && result.iterations < options.iterations_max) {
    ++result.iterations;
    const Sums sums = Expect(counts, model, options);
    double change = 0;
    for (std::size_t f = 0; f < kFields; ++f) {
      if (!options.fields[f]) continue;
      change = std::max(
          change, Share(sums.match[f], start.fields[f].m, options.pseudo_count, model.fields[f].m));
      if (!options.fix_u)
        change = std::max(change, Share(sums.other[f], start.fields[f].u, options.pseudo_count,
                                        model.fields[f].u));
    }
    const double prior = std::clamp(sums.n_match / sums.n, 1e-12, 1 - 1e-12);
    change = std::max(change, std::abs(prior - model.prior));
    model.prior = prior;
    result.n_matches = sums.n_match;
    result.converged = change <= options.tolerance;
  }
  return result;
}

}  // namespace essaim::linkage
