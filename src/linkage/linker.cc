#include "linkage/linker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "linkage/clusters.h"

namespace essaim::linkage {
namespace {

constexpr std::uint64_t kRandomPairs = 1'000'000;
constexpr double kPseudoPairs = 5;
constexpr int kRounds = 3;

// An identifier says nearly everything: of two records of one person 95 in 100 have the same, of
// others one pair in a million (a mistaken entry). Not estimated: too few records have one.
constexpr double kSameId = 20, kOtherId = -4;  // bits

// Sebastiano Vigna's SplitMix64 (2015): all that a sample needs.
class Sampler {
 public:
  explicit Sampler(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Below(std::uint64_t n) {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % n;
  }

 private:
  std::uint64_t state_;
};

std::uint64_t AllPairs(const LinkTask& task) {
  return task.within ? std::uint64_t{task.n_a} * (task.n_a - 1) / 2
                     : std::uint64_t{task.n_a} * task.n_b;
}

// Pairs of records of one group, to draw from.
class Universe {
 public:
  explicit Universe(const LinkTask& task) : within_(task.within) {
    std::map<std::uint64_t, Members> groups;
    const auto group = [&](bool second, std::size_t i) {
      return task.group == nullptr ? 0 : task.group(second, i);
    };
    for (std::size_t i = 0; i < task.n_a; ++i) groups[group(false, i)].a.push_back(i);
    for (std::size_t i = 0; i < (within_ ? 0 : task.n_b); ++i)
      groups[group(true, i)].b.push_back(i);
    for (auto& [key, members] : groups) {
      const std::uint64_t n = members.a.size();
      n_pairs_ += within_ ? n * (n - 1) / 2 : n * members.b.size();
      sums_.push_back(n_pairs_);
      members_.push_back(std::move(members));
    }
  }

  std::uint64_t n_pairs() const { return n_pairs_; }

  // Two records of `within` may be one and the same.
  std::pair<std::size_t, std::size_t> Draw(Sampler& sampler) const {
    const auto at = std::ranges::upper_bound(sums_, sampler.Below(n_pairs_)) - sums_.begin();
    const Members& members = members_[static_cast<std::size_t>(at)];
    const std::vector<std::size_t>& second = within_ ? members.a : members.b;
    const std::size_t a = members.a[sampler.Below(members.a.size())];
    return {a, second[sampler.Below(second.size())]};
  }

 private:
  struct Members {
    std::vector<std::size_t> a, b;
  };

  const bool within_;
  std::uint64_t n_pairs_ = 0;
  std::vector<std::uint64_t> sums_;  // of the pairs up to each group's end
  std::vector<Members> members_;
};

PatternCounts RandomPatterns(const LinkTask& task, const Universe& universe, std::uint64_t seed) {
  PatternCounts counts;
  Sampler sampler(seed);
  for (std::uint64_t i = 0; i < std::min(kRandomPairs, 4 * universe.n_pairs()); ++i) {
    const auto [a, b] = universe.Draw(sampler);
    if (!task.within || a != b) counts[task.compare(a, b)] += 1;
  }
  return counts;
}

PatternCounts PatternsOf(const LinkTask& task, const std::vector<Pair>& pairs) {
  PatternCounts counts;
  for (const Pair& p : pairs) counts[task.compare(p.a, p.b)] += 1;
  return counts;
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

absl::StatusOr<LinkModel> EstimateModel(const LinkTask& task, const std::vector<Blocks>& passes,
                                        const LinkOptions& options) {
  const Universe universe(task);
  const double n_all = static_cast<double>(std::max<std::uint64_t>(1, universe.n_pairs()));
  const double most = static_cast<double>(task.within ? task.n_a : std::min(task.n_a, task.n_b));
  LinkModel model = DefaultModel(1 / n_all);
  const PatternCounts random = RandomPatterns(task, universe, options.seed);
  const std::array<PatternCounts, 2> counts = {PatternsOf(task, passes[0].pairs),
                                               PatternsOf(task, passes[1].pairs)};
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

IdAgreement CompareIds(const LinkTask& task, const Pair& pair) {
  const std::string_view a = task.national_id(false, pair.a);
  const std::string_view b = task.national_id(!task.within, pair.b);
  // One hashed and one not cannot be compared.
  if (a.empty() || a.size() != b.size()) return IdAgreement::kUnknown;
  return a == b ? IdAgreement::kEqual : IdAgreement::kDifferent;
}

absl::StatusOr<Blocks> PassPairs(
    const LinkTask& task,
    const std::function<std::vector<std::uint64_t>(bool, std::size_t)>& keys) {
  KeyLists a(task.n_a), b(task.within ? 0 : task.n_b);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = keys(false, i);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = keys(true, i);
  return PairsOf(a, task.within ? nullptr : &b);
}

std::uint64_t HashOfText(std::string_view text) { return std::hash<std::string_view>()(text); }

LinkTask Task(const std::vector<PersonFields>& a, const std::vector<PersonFields>& b, bool within) {
  return {.n_a = a.size(),
          .n_b = b.size(),
          .within = within,
          .compare = [&a, &b](std::size_t i, std::size_t j) { return Compare(a[i], b[j]); },
          .keys = [&a, &b](bool second, std::size_t i,
                           std::size_t pass) { return BlockKeys(second ? b[i] : a[i], pass); },
          .national_id = [&a, &b](bool second, std::size_t i) -> std::string_view {
            return (second ? b[i] : a[i]).national_id;
          }};
}

}  // namespace

LinkTask TaskOf(const std::vector<PersonFields>& a, const std::vector<PersonFields>& b) {
  return Task(a, b, false);
}

LinkTask TaskOf(const std::vector<EncodedPerson>& a, const std::vector<EncodedPerson>& b,
                bool folded) {
  return {
      .n_a = a.size(),
      .n_b = b.size(),
      .compare = [&a, &b, folded](std::size_t i,
                                  std::size_t j) { return CompareEncoded(a[i], b[j], folded); },
      .keys = [&a, &b](bool second, std::size_t i,
                       std::size_t pass) { return EncodedBlockKeys(second ? b[i] : a[i], pass); },
      .group = [&a, &b](bool second, std::size_t i) { return (second ? b[i] : a[i]).group; },
      .national_id = [&a, &b](bool second, std::size_t i) -> std::string_view {
        return (second ? b[i] : a[i]).id_hash;
      }};
}

LinkTask TaskWithin(const std::vector<PersonFields>& people) { return Task(people, people, true); }

bool NeedsPerson(const ScoredPair& pair) {
  const Comparison& c = pair.comparison;
  if (pair.id == IdAgreement::kDifferent) return true;
  if (pair.id == IdAgreement::kEqual) return c[Field::kGiven] == kNone && c[Field::kBirth] == kNone;
  return c[Field::kGiven] == kNone;
}

absl::StatusOr<LinkResult> Link(const LinkTask& task, const LinkOptions& options) {
  LinkResult result;
  if (task.n_a == 0 || (!task.within && task.n_b == 0) || (task.within && task.n_a < 2))
    return result;
  result.n_all = AllPairs(task);
  std::vector<Blocks> passes(kPasses.size() + 1);
  for (std::size_t pass = 0; pass < kPasses.size(); ++pass) {
    ESSAIM_ASSIGN_OR_RETURN(passes[pass], PassPairs(task, [&](bool second, std::size_t i) {
                              return task.keys(second, i, pass);
                            }));
    result.n_blocks_left_out += passes[pass].n_left_out;
  }
  ESSAIM_ASSIGN_OR_RETURN(passes.back(), PassPairs(task, [&](bool second, std::size_t i) {
                            const std::string_view id = task.national_id(second, i);
                            return id.empty() ? std::vector<std::uint64_t>()
                                              : std::vector<std::uint64_t>{HashOfText(id)};
                          }));
  ESSAIM_ASSIGN_OR_RETURN(result.model, EstimateModel(task, passes, options));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Pair> pairs, Union(passes));
  result.n_compared = pairs.size();
  result.n_matches = result.model.prior * static_cast<double>(Universe(task).n_pairs());
  const double prior_bits = std::log2(result.model.prior) - std::log2(1 - result.model.prior);
  for (const Pair& pair : pairs) {
    ScoredPair scored{
        .pair = pair, .comparison = task.compare(pair.a, pair.b), .id = CompareIds(task, pair)};
    scored.weight = result.model.Weight(scored.comparison);
    if (scored.id == IdAgreement::kEqual) scored.weight += kSameId;
    if (scored.id == IdAgreement::kDifferent) scored.weight += kOtherId;
    scored.probability = 1 / (1 + std::exp2(-(prior_bits + scored.weight)));
    if (scored.probability >= options.probability_least || scored.id == IdAgreement::kEqual)
      result.pairs.push_back(scored);
  }
  std::ranges::sort(result.pairs, [](const ScoredPair& x, const ScoredPair& y) {
    return x.weight != y.weight ? x.weight > y.weight : x.pair < y.pair;
  });
  return result;
}

std::vector<Pair> OneToOne(const LinkTask& task, const LinkResult& result,
                           double probability_least) {
  const auto n_a = static_cast<std::uint32_t>(task.n_a);
  std::vector<Tie> ties;
  for (const ScoredPair& p : result.pairs) {
    if (p.probability >= probability_least && !NeedsPerson(p))
      ties.push_back({.a = p.pair.a, .b = n_a + p.pair.b, .weight = p.weight});
  }
  const std::vector<std::uint32_t> group =
      Clusters(task.n_a + task.n_b, ties, [](const auto& one, const auto& other) {
        return one.size() + other.size() == 2;  // a tie is between the two lists
      });
  std::vector<Pair> pairs;
  for (std::uint32_t j = 0; j < task.n_b; ++j) {
    if (group[n_a + j] < n_a) pairs.push_back({group[n_a + j], j});
  }
  return pairs;
}

absl::StatusOr<std::vector<Pair>> LinkDeterministically(const std::vector<PersonFields>& a,
                                                        const std::vector<PersonFields>& b) {
  const LinkTask task = TaskOf(a, b);
  const auto keys = [&](bool second, std::size_t i) {
    const PersonFields& p = second ? b[i] : a[i];
    std::vector<std::uint64_t> found;
    if (!p.national_id.empty()) found.push_back(HashOfText("id" + p.national_id));
    if (p.family.empty() || p.given.empty() || p.birth.empty() || p.sex.empty()) return found;
    const std::string rest = absl::StrCat("|", p.birth, p.sex);
    found.push_back(HashOfText(absl::StrCat(p.family, "|", p.given, rest)));
    found.push_back(HashOfText(absl::StrCat(Soundex(p.family), "|", Soundex(p.given), rest)));
    return found;
  };
  ESSAIM_ASSIGN_OR_RETURN(const Blocks blocks, PassPairs(task, keys));
  return blocks.pairs;
}

}  // namespace essaim::linkage
