#include "linkage/linker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "linkage/clusters.h"
#include "linkage/estimate.h"
#include "linkage/name_shares.h"

namespace essaim::linkage {
namespace {

// An identifier says nearly everything: of two records of one person 95 in 100 have the same, of
// others one pair in a million (a mistaken entry). Not estimated: too few records have one.
constexpr double kSameId = 20, kOtherId = -4;  // bits

std::uint64_t AllPairs(const LinkTask& task) {
  return task.within ? std::uint64_t{task.n_a} * (task.n_a - 1) / 2
                     : std::uint64_t{task.n_a} * task.n_b;
}

IdAgreement CompareIds(const LinkTask& task, const Pair& pair) {
  const std::string_view a = task.national_id(false, pair.a);
  const std::string_view b = task.national_id(!task.within, pair.b);
  // One hashed and one not cannot be compared.
  if (a.empty() || a.size() != b.size()) return IdAgreement::kUnknown;
  return a == b ? IdAgreement::kEqual : IdAgreement::kDifferent;
}

std::uint64_t HashOfText(std::string_view text) { return std::hash<std::string_view>()(text); }

std::vector<std::uint64_t> KeysOf(const LinkTask& task, bool second, std::size_t i,
                                  std::size_t pass) {
  if (pass < kIdPass) return task.keys(second, i, pass);
  const std::string_view id = task.national_id(second, i);
  return id.empty() ? std::vector<std::uint64_t>() : std::vector<std::uint64_t>{HashOfText(id)};
}

std::uint16_t PassesOf(const LinkTask& task, const Pair& pair) {
  unsigned passes = 0;
  for (std::size_t pass = 0; pass <= kIdPass; ++pass) {
    const std::vector<std::uint64_t> a = KeysOf(task, false, pair.a, pass),
                                     b = KeysOf(task, !task.within, pair.b, pass);
    const bool share = std::ranges::any_of(
        a, [&](std::uint64_t key) { return std::ranges::find(b, key) != b.end(); });
    passes |= share ? 1u << pass : 0u;
  }
  return static_cast<std::uint16_t>(passes);
}

double Log2Odds(double probability) { return std::log2(probability) - std::log2(1 - probability); }

// Weights of pairs, by the model and by how common the names are.
class Scorer {
 public:
  struct Priors {
    double two_groups, undated;
  };

  Scorer(const LinkTask& task, const LinkModel& model, const Priors& priors, bool by_name)
      : task_(task),
        model_(model),
        prior_bits_(Log2Odds(model.prior)),
        two_groups_bits_(Log2Odds(priors.two_groups)),
        undated_bits_(Log2Odds(priors.undated)) {
    for (std::size_t f = 0; by_name && f < kNames.size(); ++f) {
      shares_[f] = std::make_unique<NameShares>(
          task.n_a, task.within ? 0 : task.n_b,
          [&](bool second, std::size_t i) { return NameOf(second, i, kNames[f]); });
    }
  }

  ScoredPair Score(const Pair& pair) const {
    ScoredPair scored{
        .pair = pair, .comparison = task_.compare(pair.a, pair.b), .id = CompareIds(task_, pair)};
    Comparison c = scored.comparison;
    // Of two groups the day and month of birth and the sex are in the prior.
    const bool apart =
        task_.group != nullptr && task_.group(false, pair.a) != task_.group(!task_.within, pair.b);
    const bool two_groups = apart && c[Field::kBirth] != kMissing;
    scored.undated = apart && c[Field::kBirth] == kMissing && c[Field::kFamily] != kMissing;
    if (two_groups)
      c.levels[static_cast<std::size_t>(Field::kBirth)] =
          c.levels[static_cast<std::size_t>(Field::kSex)] = kMissing;
    scored.weight = model_.Weight(c) + NameBits(pair, c);
    // On one scale with the others, which have the common prior.
    if (two_groups) scored.weight += two_groups_bits_ - prior_bits_;
    if (scored.undated) scored.weight += undated_bits_ - prior_bits_;
    if (scored.id == IdAgreement::kEqual) scored.weight += kSameId;
    if (scored.id == IdAgreement::kDifferent) scored.weight += kOtherId;
    scored.probability = 1 / (1 + std::exp2(-(prior_bits_ + scored.weight)));
    return scored;
  }

 private:
  static constexpr std::array<Field, 2> kNames = {Field::kFamily, Field::kGiven};

  NameShares::Name NameOf(bool second, std::size_t i, Field field) const {
    return {.key = task_.name_key(second, i, field),
            .group = task_.group == nullptr ? 0 : task_.group(second, i)};
  }

  double NameBits(const Pair& pair, const Comparison& c) const {
    double bits = 0;
    for (std::size_t f = 0; f < kNames.size(); ++f) {
      if (shares_[f] == nullptr || c[kNames[f]] != kExact) continue;
      // Of two groups' counts the one in which the name is commoner.
      const double share = std::max(shares_[f]->Of(NameOf(false, pair.a, kNames[f])),
                                    shares_[f]->Of(NameOf(!task_.within, pair.b, kNames[f])));
      const FieldModel& field = model_.fields[static_cast<std::size_t>(kNames[f])];
      bits += std::log2(field.u[static_cast<std::size_t>(kExact)]) - std::log2(share);
    }
    return bits;
  }

  const LinkTask& task_;
  const LinkModel& model_;
  const double prior_bits_, two_groups_bits_, undated_bits_;
  std::array<std::unique_ptr<NameShares>, 2> shares_;
};

// A record without a birth date that fits two persons, a father and his son of one name, fits none.
void MarkRivals(std::vector<ScoredPair>& pairs) {
  std::unordered_map<std::uint32_t, int> of_a, of_b;
  for (const ScoredPair& p : pairs) {
    if (!p.undated) continue;
    ++of_a[p.pair.a];
    ++of_b[p.pair.b];
  }
  for (ScoredPair& p : pairs)
    p.has_rivals = p.undated && (of_a[p.pair.a] > 1 || of_b[p.pair.b] > 1);
}

LinkTask Task(const std::vector<PersonFields>& a, const std::vector<PersonFields>& b, bool within) {
  return {.n_a = a.size(),
          .n_b = b.size(),
          .within = within,
          .compare = [&a, &b](std::size_t i, std::size_t j) { return Compare(a[i], b[j]); },
          .keys = [&a, &b](bool second, std::size_t i,
                           std::size_t pass) { return BlockKeys(second ? b[i] : a[i], pass); },
          .name_key = [&a, &b](bool second, std::size_t i, Field field) -> std::uint64_t {
            const PersonFields& p = second ? b[i] : a[i];
            const std::string& name = field == Field::kFamily ? p.family : p.given;
            return name.empty() ? 0 : HashOfText(name) | 1;
          },
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
      .name_key = [&a, &b](bool second, std::size_t i,
                           Field field) { return FilterKey(second ? b[i] : a[i], field); },
      .national_id = [&a, &b](bool second, std::size_t i) -> std::string_view {
        return (second ? b[i] : a[i]).id_hash;
      }};
}

LinkTask TaskWithin(const std::vector<PersonFields>& people) { return Task(people, people, true); }

bool NeedsPerson(const ScoredPair& pair) {
  const Comparison& c = pair.comparison;
  if (pair.id == IdAgreement::kDifferent || pair.has_rivals) return true;
  const bool names_apart = c[Field::kGiven] == kNone, births_apart = c[Field::kBirth] == kNone;
  return pair.id == IdAgreement::kEqual ? names_apart && births_apart : names_apart || births_apart;
}

std::string PassNames(std::uint16_t passes) {
  std::string names;
  for (std::size_t pass = 0; pass <= kIdPass; ++pass) {
    if ((passes >> pass & 1) != 0)
      absl::StrAppend(&names, names.empty() ? "" : ";",
                      pass == kIdPass ? "identifier" : Av(kPasses[pass].name));
  }
  return names;
}

absl::StatusOr<LinkResult> Link(const LinkTask& task, const LinkOptions& options) {
  LinkResult result;
  if (task.n_a == 0 || (!task.within && task.n_b == 0) || (task.within && task.n_a < 2))
    return result;
  result.n_all = AllPairs(task);
  std::vector<BlockIndex> passes;
  std::uint64_t n_pairs = 0;
  for (std::size_t pass = 0; pass <= kIdPass; ++pass) {
    passes.emplace_back(task.n_a, task.within ? 0 : task.n_b,
                        [&](bool second, std::size_t i) { return KeysOf(task, second, i, pass); });
    result.n_of_pass[pass] = passes.back().n_pairs();
    result.n_blocks_left_out += passes.back().n_left_out();
    n_pairs += passes.back().n_pairs();
  }
  if (n_pairs > kPairsMax)
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kPairsMax, " pairs of records to compare"));
  const Universe universe(task);
  ESSAIM_ASSIGN_OR_RETURN(result.model, EstimateModel(task, universe, passes, options.seed));
  result.n_matches = result.model.prior * static_cast<double>(universe.n_pairs());
  const double prior_of_two_groups =
      task.group == nullptr ? result.model.prior
                            : PriorOfTwoGroups(task, universe, passes[kAnyYearPass], result.model);
  // Of a record without a birth date: nothing says of which group the other one is.
  const double prior_undated = result.n_matches / static_cast<double>(result.n_all);
  const Scorer scorer(task, result.model,
                      {.two_groups = prior_of_two_groups, .undated = prior_undated},
                      options.by_name);
  ForEachPair(passes, task.n_a, [&](const Pair& pair) {
    ++result.n_compared;
    ScoredPair scored = scorer.Score(pair);
    if (scored.probability < options.probability_least && scored.id != IdAgreement::kEqual) return;
    scored.passes = PassesOf(task, pair);
    result.pairs.push_back(scored);
  });
  std::ranges::sort(result.pairs, [](const ScoredPair& x, const ScoredPair& y) {
    return x.weight != y.weight ? x.weight > y.weight : x.pair < y.pair;
  });
  MarkRivals(result.pairs);
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

std::vector<Pair> LinkDeterministically(const std::vector<PersonFields>& a,
                                        const std::vector<PersonFields>& b) {
  if (b.empty()) return {};
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
  const BlockIndex index(task.n_a, task.n_b, keys);
  std::vector<Pair> pairs;
  ForEachPair({&index, 1}, task.n_a, [&](const Pair& pair) { pairs.push_back(pair); });
  return pairs;
}

}  // namespace essaim::linkage
