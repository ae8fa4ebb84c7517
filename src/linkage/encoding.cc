#include "linkage/encoding.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "linkage/blocking.h"
#include "linkage/similarity.h"

namespace essaim::linkage {
namespace {

constexpr std::size_t kOpenBits = 512;  // before folding; 9 bits name a position
constexpr std::size_t kPositionBits = 9;
static_assert(kOpenBits == 2 * 64 * kFilterWords);

constexpr std::size_t kNameHashes = 15, kBirthHashes = 11, kPostcodeHashes = 14, kSexHashes = 20;
static_assert(kSexHashes * kPositionBits <= 8 * crypto::kHashBytes);

constexpr std::size_t kBands = 24, kBandBits = 10, kStreams = 2;

SecretBytes KeyOf(const SecretBytes& secret, std::string_view project) {
  return crypto::Hkdf(secret.span(), crypto::HashOf("essaim/linkage", {project}),
                      "essaim/linkage/filters", 32);
}

// Parts, digits by place, and day and month in either order: one digit off, or day and month
// exchanged, leaves half of them equal. The year is in the salt, or else here.
std::vector<std::string> BirthGrams(const std::string& birth, bool with_year) {
  if (birth.empty() || birth.substr(4) == "0000") return {};  // a year alone is no date
  const std::string month = birth.substr(4, 2), day = birth.substr(6, 2);
  std::vector<std::string> grams = {"M" + month, "D" + day,   "P" + month,
                                    "P" + day,   "Q" + month, "Q" + day};
  if (with_year) grams.push_back("Y" + birth.substr(0, 4));
  for (std::size_t i = with_year ? 2 : 4; i < birth.size(); ++i)
    grams.push_back(absl::StrCat(i, ":", birth.substr(i, 1)));
  return grams;
}

std::vector<std::string> PostcodeGrams(const std::string& postcode) {
  std::vector<std::string> grams;
  if (postcode.empty()) return grams;
  grams.push_back("P" + postcode.substr(0, 2));
  for (std::size_t i = 0; i < postcode.size(); ++i)
    grams.push_back(absl::StrCat(i, ":", postcode.substr(i, 1)));
  return grams;
}

bool IsEmpty(const Filter& filter) {
  return std::ranges::all_of(filter, [](std::uint64_t word) { return word == 0; });
}

// Folding keeps a bit only where both halves agree, so likeness comes out about squared.
double Likeness(const Filter& a, const Filter& b, bool folded) {
  const double likeness = DiceOverChance(a, b);
  return folded ? std::sqrt(likeness) : likeness;
}

std::int8_t LevelOf(const Filter& a, const Filter& b, bool folded) {
  constexpr double kHighest = 0.55, kMiddle = 0.38;
  if (IsEmpty(a) || IsEmpty(b)) return kMissing;
  if (a == b) return kExact;
  const double likeness = Likeness(a, b, folded);
  return likeness >= kHighest ? kHigh : likeness >= kMiddle ? kMedium : kNone;
}

std::int8_t CompareSexes(const EncodedPerson& a, const EncodedPerson& b) {
  if (IsEmpty(a.filters[3]) || IsEmpty(b.filters[3])) return kMissing;
  return a.filters[3] == b.filters[3] ? kExact : kNone;
}

// One of the two has no birth date. The postcode is in the hashes.
Comparison CompareUndated(const EncodedPerson& a, const EncodedPerson& b) {
  Comparison c{{kMissing, kMissing, kMissing, CompareSexes(a, b), kMissing}};
  const bool equal = std::ranges::any_of(a.undated, [&](std::uint64_t hash) {
    return std::ranges::find(b.undated, hash) != b.undated.end();
  });
  if (equal) c.levels[0] = c.levels[1] = c.levels[4] = kExact;
  return c;
}

// By the hashes that do not depend on the year.
Comparison CompareOfTwoYears(const EncodedPerson& a, const EncodedPerson& b) {
  if (a.undated.size() > 1 || b.undated.size() > 1) return CompareUndated(a, b);
  Comparison c{{kMissing, kMissing, kMissing, CompareSexes(a, b), kMissing}};
  if (a.any_year[1] == 0 || a.any_year[1] != b.any_year[1]) return c;
  c.levels[0] = c.levels[1] = a.any_year[0] == b.any_year[0] ? kExact : kHigh;
  c.levels[2] = kHigh;
  if (a.any_year[2] != 0 && b.any_year[2] != 0)
    c.levels[4] = a.any_year[2] == b.any_year[2] ? kExact : kNone;
  return c;
}

std::uint64_t Mix(std::uint64_t z) {  // SplitMix64's finaliser
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

using BandPositions = std::array<std::array<std::array<std::uint8_t, kBandBits>, kBands>, kStreams>;
static_assert(64 * kFilterWords == 256);

// The bits of a band, the same for every record: a stream parts names from other fields.
const BandPositions& Positions() {
  static const BandPositions kPositions = [] {
    BandPositions positions{};
    for (std::uint64_t stream = 0; stream < kStreams; ++stream) {
      for (std::uint64_t band = 0; band < kBands; ++band) {
        for (std::uint64_t i = 0; i < kBandBits; ++i) {
          positions[stream][band][i] = static_cast<std::uint8_t>(
              Mix(((stream + 1) << 32 | band << 16 | i) + 0x9E3779B97F4A7C15u));
        }
      }
    }
    return positions;
  }();
  return kPositions;
}

std::uint64_t SampleOf(const Filter& filter, std::size_t stream, std::size_t band) {
  std::uint64_t sample = 0;
  for (const std::uint8_t at : Positions()[stream][band])
    sample = sample << 1 | (filter[at / 64] >> (at % 64) & 1);
  return sample;
}

std::uint64_t HashOfFilter(const Filter& filter) {
  std::uint64_t hash = 0;
  for (const std::uint64_t word : filter) hash = Mix(hash ^ word) + 0x9E3779B97F4A7C15u;
  return hash;
}

}  // namespace

Encoder::Encoder(const SecretBytes& secret, std::string_view project, Hardening hardening)
    : key_(KeyOf(secret, project).span()), hardening_(hardening) {}

std::string Encoder::KeyCheck() const {
  const auto tag = key_.Tag("essaim/linkage/key-check");
  return {reinterpret_cast<const char*>(tag.data()), 8};
}

Filter Encoder::Fill(std::string_view domain, std::string_view salt,
                     const std::vector<std::string>& grams, std::size_t n_hashes) const {
  std::array<std::uint64_t, 2 * kFilterWords> open{};
  // Without a fold: half the positions in half the room, which are as full.
  if (!hardening_.fold) n_hashes = n_hashes / 2 + 1;
  for (const std::string& gram : grams) {
    ByteWriter w;
    w.Bytes(domain);
    w.Bytes(salt);
    w.Bytes(gram);
    const auto tag = key_.Tag(w.bytes());
    for (std::size_t h = 0; h < n_hashes; ++h) {
      std::size_t at = 0;
      for (std::size_t bit = h * kPositionBits; bit < (h + 1) * kPositionBits; ++bit)
        at = at << 1 | (tag[bit / 8] >> (bit % 8) & 1);
      if (!hardening_.fold) at %= kOpenBits / 2;
      open[at / 64] |= std::uint64_t{1} << (at % 64);
    }
  }
  Filter filter{};
  for (std::size_t i = 0; i < kFilterWords; ++i) filter[i] = open[i] ^ open[i + kFilterWords];
  return filter;
}

std::uint64_t Encoder::Hash(std::string_view domain, const std::vector<std::string>& parts) const {
  ByteWriter w;
  w.Bytes(domain);
  for (const std::string& part : parts) w.Bytes(part);
  const auto tag = key_.Tag(w.bytes());
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | tag[i];
  return hash | 1;  // 0 is missing
}

void Encoder::AddHashes(const PersonFields& p, EncodedPerson& e) const {
  const bool has_day =
      p.birth.size() == 8 && p.birth.substr(4, 2) != "00" && p.birth.substr(6) != "00";
  const std::string family = Soundex(p.family), given = Soundex(p.given);
  if (!has_day || p.sex.empty() || family.empty() || given.empty()) return;
  const std::string day = p.birth.substr(4);
  e.any_year[0] = Hash("essaim/linkage/names", {p.family, p.given, p.sex, day});
  const std::vector<std::string> by_sound = {std::min(family, given), std::max(family, given),
                                             p.sex, day};
  e.any_year[1] = Hash("essaim/linkage/sounds", by_sound);
  if (p.postcode.empty()) return;
  std::vector<std::string> with_place = by_sound;
  with_place.push_back(p.postcode);
  e.any_year[2] = Hash("essaim/linkage/sounds and place", with_place);
}

void Encoder::AddUndated(const PersonFields& p, EncodedPerson& e) const {
  if (p.family.empty() || p.given.empty() || p.sex.empty() || p.postcode.empty()) return;
  const auto add = [&](const std::string& year) {
    e.undated.push_back(
        Hash("essaim/linkage/undated", {p.family, p.given, p.sex, p.postcode, year}));
  };
  if (p.birth.size() >= 4) return add(p.birth.substr(0, 4));
  for (int i = 0; i < kBirthYears; ++i) add(absl::StrCat(kBirthYearFirst + i));
}

EncodedPerson Encoder::Encode(const PersonFields& p) const {
  EncodedPerson e;
  std::string salt;
  if (hardening_.salt) {
    salt = p.birth.substr(0, std::min<std::size_t>(4, p.birth.size()));
    const auto tag = key_.Tag("essaim/linkage/group/" + salt);
    for (std::size_t i = 0; i < 8; ++i) e.group = e.group << 8 | tag[i];
  }
  e.filters[0] = Fill("name", salt, Bigrams(p.family), kNameHashes);
  e.filters[1] = Fill("name", salt, Bigrams(p.given), kNameHashes);
  e.filters[2] = Fill("birth", salt, BirthGrams(p.birth, !hardening_.salt), kBirthHashes);
  if (!p.sex.empty()) e.filters[3] = Fill("sex", "", {p.sex}, kSexHashes);
  e.filters[4] = Fill("postcode", salt, PostcodeGrams(p.postcode), kPostcodeHashes);
  if (hardening_.salt && hardening_.any_year) AddHashes(p, e);
  if (hardening_.salt && hardening_.undated) AddUndated(p, e);
  if (!p.national_id.empty()) {
    const auto tag = key_.Tag("essaim/linkage/id/" + p.national_id);
    e.id_hash.assign(reinterpret_cast<const char*>(tag.data()), kIdHashBytes);
  }
  return e;
}

Comparison CompareEncoded(const EncodedPerson& a, const EncodedPerson& b, bool folded) {
  if (a.group != b.group) return CompareOfTwoYears(a, b);
  const auto level = [&](std::size_t i, std::size_t j) {
    return LevelOf(a.filters[i], b.filters[j], folded);
  };
  Comparison c;
  c.levels[0] = level(0, 0);
  c.levels[1] = level(1, 1);
  if (c.levels[0] < kHigh && c.levels[1] < kHigh && std::min(level(0, 1), level(1, 0)) >= kHigh)
    c.levels[0] = c.levels[1] = kHigh;
  c.levels[2] = level(2, 2);
  // The year agrees, since the groups do.
  if (c.levels[2] == kNone && a.group != 0) c.levels[2] = kMedium;
  c.levels[3] = CompareSexes(a, b);
  c.levels[4] = level(4, 4);
  return c;
}

std::vector<std::uint64_t> EncodedBlockKeys(const EncodedPerson& p, std::size_t pass) {
  const auto missing = [&](std::size_t field) { return IsEmpty(p.filters[field]); };
  std::vector<std::uint64_t> keys;
  if (pass == 0) {
    if (!missing(2)) keys.push_back(Mix(p.group ^ HashOfFilter(p.filters[2])));
    return keys;
  }
  if (pass == kUndatedPass) {
    return p.undated;
  }
  if (pass == kAnyYearPass) {
    if (p.any_year[1] != 0) keys.push_back(p.any_year[1]);
    return keys;
  }
  // The two fields of the pass, as samples; the postcode whole.
  static constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kParts = {
      {{2, 2}, {0, 1}, {0, 2}, {1, 2}, {1, 4}, {0, 4}}};
  const auto [first, second] = kParts[pass];
  if (missing(first) || missing(second)) return keys;
  for (std::size_t band = 0; band < kBands; ++band) {
    const std::uint64_t x = SampleOf(p.filters[first], 0, band);
    // Names are sampled alike wherever they stand, so that exchanged ones meet.
    const std::uint64_t y = second == 4 ? HashOfFilter(p.filters[4])
                                        : SampleOf(p.filters[second], second == 1 ? 0 : 1, band);
    const std::uint64_t low = pass == 1 ? std::min(x, y) : x, high = pass == 1 ? std::max(x, y) : y;
    keys.push_back(Mix(Mix(Mix(p.group ^ low) + 0x9E3779B97F4A7C15u * (band + 1)) ^ high));
  }
  return keys;
}

std::uint64_t FilterKey(const EncodedPerson& person, Field field) {
  const Filter& filter = person.filters[static_cast<std::size_t>(field)];
  return IsEmpty(filter) ? 0 : HashOfFilter(filter) | 1;
}

}  // namespace essaim::linkage
