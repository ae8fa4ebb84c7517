// From two lists of records, or one, to scored pairs: blocking, the model's estimate, the scores.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/blocking.h"
#include "linkage/encoding.h"
#include "linkage/fellegi_sunter.h"

namespace essaim::linkage {

// Records as the linker sees them: clear text and encodings alike. The functions may be called in
// any order; what they refer to outlives the call.
struct LinkTask {
  std::size_t n_a = 0, n_b = 0;  // at most 2^31 each
  bool within = false;           // duplicates within the one list: n_b is not read
  std::function<Comparison(std::size_t a, std::size_t b)> compare;
  std::function<std::vector<std::uint64_t>(bool second, std::size_t i, std::size_t pass)> keys;
  // Records of two groups are compared by what their keys say alone (CompareEncoded); null: all are
  // of one.
  std::function<std::uint64_t(bool second, std::size_t i)> group = nullptr;
  // Equal for equal names (Field::kFamily, Field::kGiven), 0 where it is missing.
  std::function<std::uint64_t(bool second, std::size_t i, Field name)> name_key;
  // Equal for one national identifier; empty: none.
  std::function<std::string_view(bool second, std::size_t i)> national_id;
};

LinkTask TaskOf(const std::vector<PersonFields>& a, const std::vector<PersonFields>& b);
LinkTask TaskOf(const std::vector<EncodedPerson>& a, const std::vector<EncodedPerson>& b,
                bool folded = true);
LinkTask TaskWithin(const std::vector<PersonFields>& people);

enum class IdAgreement { kUnknown, kEqual, kDifferent };

struct ScoredPair {
  Pair pair;
  Comparison comparison;
  IdAgreement id = IdAgreement::kUnknown;
  bool undated = false;      // of two groups, because one record has no birth date
  bool has_rivals = false;   // and another pair has one of the two records
  std::uint16_t passes = 0;  // whose keys brought the two together, a bit each; kIdPass: the id's
  double weight = 0;         // bits, names by how common they are, the identifier included
  double probability = 0;    // of a match
};

// Whether the pair is for a person to decide, however large its weight: equal but for the given
// name (twins), equal identifiers of records that have nothing else in common (a child under its
// parent's), identifiers that differ, or a record without a birth date that fits two persons.
bool NeedsPerson(const ScoredPair& pair);

inline constexpr std::size_t kIdPass = kPasses.size();
// "birth date;names": the names of the passes.
std::string PassNames(std::uint16_t passes);

struct LinkOptions {
  double probability_least = 0.5;  // of the pairs that are given back
  bool by_name = true;             // weigh names by how common they are
  std::uint64_t seed = 1;          // of the random pairs that the estimate of u takes
};

struct LinkResult {
  std::vector<ScoredPair> pairs;  // by falling weight
  LinkModel model;
  std::uint64_t n_compared = 0, n_all = 0;                    // pairs compared, pairs there are
  double n_matches = 0;                                       // as the model estimates them
  std::array<std::uint64_t, kPasses.size() + 1> n_of_pass{};  // pairs by keys, repeated ones too
  std::size_t n_blocks_left_out = 0;
};

// Pairs by keys that are gone through, repeated ones included: some hours' work.
inline constexpr std::uint64_t kPairsMax = 10'000'000'000;

// u is estimated from random pairs, m by EM in a pass that is not made of the field, and the prior
// from the pass of equal birth dates. Where there are few matches the estimates stay near
// DefaultModel. Pairs of two groups have a prior of their own: of those with one day and month of
// birth, how many more agree in both names than other persons would. kResourceExhausted: above
// kPairsMax. Deterministic.
absl::StatusOr<LinkResult> Link(const LinkTask& task, const LinkOptions& options);

// Of two lists that have each person once: the pairs that are linked without a person's look, one
// to one, the heaviest first.
inline constexpr double kLinkProbability = 0.95;
std::vector<Pair> OneToOne(const LinkTask& task, const LinkResult& result,
                           double probability_least = kLinkProbability);

// Whoever is equal in a hashed identifier, and nothing else: the national identifier; or names,
// birth date and sex, the names as they are or by Soundex. What probabilistic linkage is measured
// against.
std::vector<Pair> LinkDeterministically(const std::vector<PersonFields>& a,
                                        const std::vector<PersonFields>& b);

}  // namespace essaim::linkage
