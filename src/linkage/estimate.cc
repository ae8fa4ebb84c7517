#include "linkage/estimate.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/status_macros.h"

namespace essaim::linkage {
namespace {

constexpr std::uint64_t kRandomPairs = 1'000'000;
constexpr double kPseudoPairs = 5;
constexpr int kRounds = 3;

constexpr std::size_t kStates = kLevels + 1;  // of a field, a missing one too

// Counts by pattern: a number in base five, since a million look-ups in a map would be most of the
// time.
class Tally {
 public:
  void Add(const Comparison& c) {
    std::size_t at = 0;
    for (const std::int8_t level : c.levels)
      at = at * kStates + static_cast<std::size_t>(level + 1);
    ++counts_[at];
  }

  PatternCounts Counts() const {
    PatternCounts counts;
    for (std::size_t at = 0; at < counts_.size(); ++at) {
      if (counts_[at] == 0) continue;
      Comparison c;
      std::size_t rest = at;
      for (std::size_t f = kFields; f > 0; --f, rest /= kStates)
        c.levels[f - 1] = static_cast<std::int8_t>(rest % kStates) - 1;
      counts[c] = static_cast<double>(counts_[at]);
    }
    return counts;
  }

 private:
  std::array<std::uint64_t, kStates * kStates * kStates * kStates * kStates> counts_{};
};

static_assert(kFields == 5);

PatternCounts RandomPatterns(const LinkTask& task, const Universe& universe, std::uint64_t seed) {
  Tally tally;
  Sampler sampler(seed);
  for (std::uint64_t i = 0; i < std::min(kRandomPairs, 4 * universe.n_pairs()); ++i) {
    const auto [a, b] = universe.Draw(sampler);
    if (!task.within || a != b) tally.Add(task.compare(a, b));
  }
  return tally.Counts();
}

PatternCounts PatternsOf(const LinkTask& task, const BlockIndex& index) {
  Tally tally;
  ForEachPair({&index, 1}, task.n_a, [&](const Pair& p) { tally.Add(task.compare(p.a, p.b)); });
  return tally.Counts();
}

// u from random pairs, each as far as it is no match.
void EstimateU(const PatternCounts& random, LinkModel& model) {
  const LinkModel start = DefaultModel(model.prior);
  LinkModel next = model;
  for (std::size_t f = 0; f < kFields; ++f) {
    std::array<double, kLevels> sums{};
    double total = 0;
    for (const auto& [c, count] : random) {
      if (c.levels[f] == kMissing) continue;
      const double other = count * (1 - model.Probability(c));
      sums[static_cast<std::size_t>(c.levels[f])] += other;
      total += other;
    }
    if (total <= 0) continue;
    for (std::size_t l = 0; l < kLevels; ++l)
      next.fields[f].u[l] = std::max(1e-9, (sums[l] + start.fields[f].u[l]) / (total + 1));
  }
  model = next;
}

struct PassFit {
  EmResult em;
  double n_pairs = 0;
};

absl::StatusOr<PassFit> FitPass(const PatternCounts& counts, const LinkModel& model,
                                std::size_t pass) {
  PassFit fit;
  for (const auto& [c, count] : counts) fit.n_pairs += count;
  LinkModel start = model;
  start.prior = 0.1;
  for (std::size_t f = 0; f < kFields; ++f) start.fields[f].m = DefaultModel(0.1).fields[f].m;
  EmOptions options{.fix_u = true, .pseudo_count = kPseudoPairs, .tolerance = 1e-7};
  for (std::size_t f = 0; f < kFields; ++f) options.fields[f] = !kPasses[pass].made_of[f];
  ESSAIM_ASSIGN_OR_RETURN(fit.em, FitByEm(counts, start, options));
  return fit;
}

// m of a field as the mean of the passes that are not made of it, weighted by their matches.
void EstimateM(const std::array<PassFit, 2>& fits, const std::array<bool, 2>& there,
               LinkModel& model) {
  for (std::size_t f = 0; f < kFields; ++f) {
    std::array<double, kLevels> sums{};
    double total = 0;
    for (std::size_t pass = 0; pass < fits.size(); ++pass) {
      if (!there[pass] || kPasses[pass].made_of[f]) continue;
      const double weight = fits[pass].em.n_matches + 1;
      for (std::size_t l = 0; l < kLevels; ++l)
        sums[l] += weight * fits[pass].em.model.fields[f].m[l];
      total += weight;
    }
    for (std::size_t l = 0; l < kLevels && total > 0; ++l) model.fields[f].m[l] = sums[l] / total;
  }
}

}  // namespace

std::uint64_t Sampler::Below(std::uint64_t n) {
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (z ^ (z >> 31)) % n;
}

Universe::Universe(const LinkTask& task) : within_(task.within) {
  std::map<std::uint64_t, Members> groups;
  const auto group = [&](bool second, std::size_t i) {
    return task.group == nullptr ? 0 : task.group(second, i);
  };
  for (std::size_t i = 0; i < task.n_a; ++i) groups[group(false, i)].a.push_back(i);
  for (std::size_t i = 0; i < (within_ ? 0 : task.n_b); ++i) groups[group(true, i)].b.push_back(i);
  for (auto& [key, members] : groups) {
    const std::uint64_t n = members.a.size();
    n_pairs_ += within_ ? n * (n - 1) / 2 : n * members.b.size();
    sums_.push_back(n_pairs_);
    members_.push_back(std::move(members));
  }
}

std::pair<std::size_t, std::size_t> Universe::Draw(Sampler& sampler) const {
  const auto at = std::ranges::upper_bound(sums_, sampler.Below(n_pairs_)) - sums_.begin();
  const Members& members = members_[static_cast<std::size_t>(at)];
  const std::vector<std::size_t>& second = within_ ? members.a : members.b;
  const std::size_t a = members.a[sampler.Below(members.a.size())];
  return {a, second[sampler.Below(second.size())]};
}

absl::StatusOr<LinkModel> EstimateModel(const LinkTask& task, const Universe& universe,
                                        std::span<const BlockIndex> passes, std::uint64_t seed) {
  const double n_all = static_cast<double>(std::max<std::uint64_t>(1, universe.n_pairs()));
  const double most = static_cast<double>(task.within ? task.n_a : std::min(task.n_a, task.n_b));
  LinkModel model = DefaultModel(1 / n_all);
  const PatternCounts random = RandomPatterns(task, universe, seed);
  const std::array<PatternCounts, 2> counts = {PatternsOf(task, passes[0]),
                                               PatternsOf(task, passes[1])};
  const std::array<bool, 2> there = {!counts[0].empty(), !counts[1].empty()};
  for (int round = 0; round < kRounds; ++round) {
    EstimateU(random, model);
    std::array<PassFit, 2> fits;
    for (std::size_t pass = 0; pass < 2; ++pass) {
      if (!there[pass]) continue;
      ESSAIM_ASSIGN_OR_RETURN(fits[pass], FitPass(counts[pass], model, pass));
    }
    EstimateM(fits, there, model);
    // Matches among pairs of equal birth dates, and those whose dates differ by an error.
    const double exact =
        model.fields[static_cast<std::size_t>(Field::kBirth)].m[static_cast<std::size_t>(kExact)];
    const double n_matches = there[0] ? fits[0].em.n_matches / std::max(0.2, exact) : 1;
    model.prior = std::clamp(std::clamp(n_matches, 1.0, most) / n_all, 1e-12, 0.5);
  }
  return model;
}

double PriorOfTwoGroups(const LinkTask& task, const Universe& universe, const BlockIndex& by_sound,
                        const LinkModel& model) {
  const auto exact = static_cast<std::size_t>(kExact);
  const auto field = [&](Field f) { return model.fields[static_cast<std::size_t>(f)]; };
  double n_equal = 0;  // in both names, of two groups
  ForEachPair({&by_sound, 1}, task.n_a, [&](const Pair& p) {
    if (task.group(false, p.a) == task.group(!task.within, p.b)) return;
    const Comparison c = task.compare(p.a, p.b);
    if (c[Field::kFamily] == kExact && c[Field::kGiven] == kExact) ++n_equal;
  });
  const double n_all =
      task.within ? 0.5 * static_cast<double>(task.n_a) * (static_cast<double>(task.n_a) - 1)
                  : static_cast<double>(task.n_a) * static_cast<double>(task.n_b);
  // Other persons of one day and month and of one sex, and those of them who agree in both names.
  const double n_pairs = (n_all - static_cast<double>(universe.n_pairs())) *
                         field(Field::kBirth).u[exact] * field(Field::kSex).u[exact];
  const double n_chance = n_pairs * field(Field::kFamily).u[exact] * field(Field::kGiven).u[exact];
  const double n_matches = std::max(0.5, n_equal - n_chance) /
                           (field(Field::kFamily).m[exact] * field(Field::kGiven).m[exact]);
  return std::clamp(n_matches / std::max(1.0, n_pairs), 1e-12, 0.5);
}

}  // namespace essaim::linkage
