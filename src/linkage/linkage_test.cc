// The parts: fields, likeness, levels, blocks, groups.
#include <algorithm>
#include <numeric>

#include "base/testing/status_matchers.h"
#include "linkage/blocking.h"
#include "linkage/clusters.h"
#include "linkage/comparison.h"
#include "linkage/encoding.h"
#include "linkage/name_shares.h"
#include "linkage/person_fields.h"
#include "linkage/similarity.h"

namespace essaim::linkage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PersonFields, LettersAreFolded) {
  EXPECT_EQ(FoldLetters("Le Goff"), "LE GOFF");
  EXPECT_EQ(FoldLetters("  Éloïse-Zoë\xE2\x80\x99s d'Œuvre "), "ELOISE ZOES DOEUVRE");
  EXPECT_EQ(FoldLetters("Łukasz Ångström Strauß Þór"), "LUKASZ ANGSTROM STRAUSS THOR");
  EXPECT_EQ(FoldLetters("e\xCC\x81t\xC3\xA9"), "ETE");  // a combining accent, and one letter
  EXPECT_EQ(FoldLetters("Иванов"), "Иванов");
  EXPECT_EQ(FoldLetters("a\xC3"), "A");  // cut in the middle of a letter
  EXPECT_EQ(FoldLetters("\xFF\xFE 12"), "");
}

TEST(PersonFields, OneFormForTheSamePerson) {
  const PersonFields a =
      Normalise({.family_name = "Le Goff",
                 .given_names = "Jean-Pierre, Paul",
                 .birth_date = "12/05/1984",
                 .sex = "homme",
                 .postcode = "29 200",
                 .identifiers = {{"IPP", "12"}, {"x", "1 84 05 29 019 123 64"}}});
  const PersonFields b = Normalise({.family_name = "LE-GOFF",
                                    .given_names = "jean-pierre",
                                    .birth_date = "1984-05-12T00:00:00",
                                    .sex = "male",
                                    .postcode = "29200",
                                    .identifiers = {{"urn:INS-NIR", "1840529019123"}}});
  EXPECT_EQ(a.family, "LEGOFF");
  EXPECT_EQ(a.given, "JEANPIERRE");
  EXPECT_EQ(a.birth, "19840512");
  EXPECT_EQ(b.national_id, "1840529019123");
  EXPECT_EQ(Compare(a, b).levels, (std::array<std::int8_t, 5>{3, 3, 3, 3, 3}));
  EXPECT_EQ(Normalise({.birth_date = "1984"}).birth, "19840000");
  EXPECT_EQ(Normalise({.birth_date = "1984-5-2"}).birth, "19840502");
  EXPECT_EQ(Normalise({.birth_date = "05/25/1984"}).birth, "19840525");
  EXPECT_EQ(Normalise({.birth_date = "unknown"}).birth, "");
  EXPECT_EQ(Normalise({.birth_date = "99999999999"}).birth, "");
}

TEST(PersonFields, NirsHaveAKey) {
  EXPECT_EQ(NirOf("", "255081416802538"), "2550814168025");  // the specimen of the French services
  EXPECT_EQ(NirOf("", "255081416802539"), "");
  EXPECT_EQ(NirOf("", "2550814168025"), "");  // any number of 13 digits
  EXPECT_EQ(NirOf("INS-NIR", "2550814168025"), "2550814168025");
  // Corsica: 2A is reckoned as 19: 97 - 1800519004123 mod 97.
  const std::int64_t number = 1800519004123;
  EXPECT_EQ(NirOf("", "180052A004123" + std::to_string(97 - number % 97)), "180052A004123");
  EXPECT_EQ(NirOf("NIR", ""), "");
  const SecretBytes secret = SecretBytes::CopyOf("0123456789abcdef");
  // printf 2550814168025 | openssl dgst -sha256 -hmac 0123456789abcdef
  EXPECT_EQ(HashedId(secret, "2550814168025"),
            "92a959a599b06cc09cea36a85f34481fec5193232c8453c230d857033f30d2c3");
  EXPECT_TRUE(IsHashedId(HashedId(secret, "2550814168025")));
}

TEST(Likeness, SoundexOfTheArchives) {
  for (const auto& [name, code] : {std::pair{"ROBERT", "R163"},
                                   {"RUPERT", "R163"},
                                   {"ASHCRAFT", "A261"},
                                   {"TYMCZAK", "T522"},
                                   {"PFISTER", "P236"},
                                   {"HONEYMAN", "H555"},
                                   {"LEE", "L000"},
                                   {"JACKSON", "J250"}})
    EXPECT_EQ(Soundex(name), code) << name;
  EXPECT_EQ(Soundex("Иванов"), "");
}

// Winkler (1990, 2006), as in the tests of most implementations.
TEST(Likeness, JaroWinklerOfThePaper) {
  for (const auto& [a, b, expected] : {std::tuple{"MARTHA", "MARHTA", 0.9611},
                                       {"DIXON", "DICKSONX", 0.8133},
                                       {"DWAYNE", "DUANE", 0.84},
                                       {"SHACKLEFORD", "SHACKELFORD", 0.9818},
                                       {"CUNNINGHAM", "CUNNIGHAM", 0.9800},
                                       {"ABC", "XYZ", 0.0}})
    EXPECT_NEAR(JaroWinkler(a, b), expected, 5e-4) << a;
  EXPECT_EQ(JaroWinkler("", ""), 1);
  EXPECT_EQ(JaroWinkler("", "A"), 0);
  EXPECT_EQ(JaroWinkler(std::string(200, 'A'), std::string(200, 'A')), 1);
}

TEST(Likeness, EditsAreCountedUpToAMost) {
  EXPECT_EQ(EditDistance("19840512", "19840512", 2), 0);
  EXPECT_EQ(EditDistance("19840512", "19480512", 2), 1);  // exchanged
  EXPECT_EQ(EditDistance("75011", "7511", 2), 1);
  EXPECT_EQ(EditDistance("ABCDEF", "UVWXYZ", 2), 3);
  EXPECT_EQ(EditDistance("", "AB", 2), 2);
}

TEST(Comparison, LevelsOfErrors) {
  const PersonFields p{
      .family = "MARTIN", .given = "CLAIRE", .birth = "19840512", .sex = "F", .postcode = "75011"};
  const auto level = [&](Field field, auto change) {
    PersonFields other = p;
    change(other);
    return Compare(p, other)[field];
  };
  EXPECT_EQ(level(Field::kFamily, [](auto& o) { o.family = "MARTYN"; }), kHigh);
  EXPECT_EQ(level(Field::kFamily, [](auto& o) { o.family = "DUPONT"; }), kNone);
  EXPECT_EQ(level(Field::kFamily, [](auto& o) { o.family = ""; }), kMissing);
  EXPECT_EQ(level(Field::kFamily, [](auto& o) { std::swap(o.family, o.given); }), kHigh);
  EXPECT_EQ(level(Field::kBirth, [](auto& o) { o.birth = "19841205"; }), kHigh);
  EXPECT_EQ(level(Field::kBirth, [](auto& o) { o.birth = "19840503"; }), kHigh);
  EXPECT_EQ(level(Field::kBirth, [](auto& o) { o.birth = "19841127"; }), kMedium);
  EXPECT_EQ(level(Field::kBirth, [](auto& o) { o.birth = "20010228"; }), kNone);
  EXPECT_EQ(level(Field::kSex, [](auto& o) { o.sex = "M"; }), kNone);
  EXPECT_EQ(level(Field::kPostcode, [](auto& o) { o.postcode = "75012"; }), kHigh);
  EXPECT_EQ(level(Field::kPostcode, [](auto& o) { o.postcode = "75020"; }), kMedium);
}

TEST(Comparison, PartsOfNames) {
  const auto levels = [](const RawPerson& a, const RawPerson& b) {
    return Compare(Normalise(a), Normalise(b));
  };
  const Comparison joined = levels({.family_name = "Martin-Durand", .given_names = "Jean-Pierre"},
                                   {.family_name = "DURAND", .given_names = "Jean Pierre"});
  EXPECT_EQ(joined[Field::kFamily], kHigh);
  EXPECT_EQ(joined[Field::kGiven], kHigh);
  // The same given names in another order; but a second one that is another's first may be a
  // twin's.
  EXPECT_EQ(
      levels({.given_names = "Claire, Marie"}, {.given_names = "Marie, Claire"})[Field::kGiven],
      kHigh);
  EXPECT_EQ(levels({.given_names = "Luc, Paul"}, {.given_names = "Paul"})[Field::kGiven], kNone);
  EXPECT_EQ(levels({.family_name = "Le Goff"}, {.family_name = "Goffin"})[Field::kFamily], kNone);
}

EncodedPerson Encode(const PersonFields& p, const char* secret = "0123456789abcdef") {
  return Encoder(SecretBytes::CopyOf(secret), "p").Encode(p);
}

PersonFields Claire() {
  return {.family = "LEFEBVRE",
          .given = "CLAIRE",
          .birth = "19840512",
          .sex = "F",
          .postcode = "75011"};
}

TEST(Encoding, EncodingsAgreeAsTheTextsDo) {
  const PersonFields p = Claire();
  PersonFields typo = p, stranger{.family = "MOREAU",
                                  .given = "HUGO",
                                  .birth = "19841130",
                                  .sex = "M",
                                  .postcode = "29200"};
  typo.family = "LEFEVBRE";
  typo.birth = "19840517";
  typo.postcode = "";
  EXPECT_EQ(CompareEncoded(Encode(p), Encode(p)).levels,
            (std::array<std::int8_t, 5>{3, 3, 3, 3, 3}));
  EXPECT_EQ(CompareEncoded(Encode(p), Encode(typo)).levels,
            (std::array<std::int8_t, 5>{2, 3, 2, 3, -1}));
  EXPECT_EQ(CompareEncoded(Encode(p), Encode(stranger)).levels,
            (std::array<std::int8_t, 5>{0, 0, 1, 0, 0}));
  PersonFields swapped = p;
  std::swap(swapped.family, swapped.given);
  EXPECT_EQ(CompareEncoded(Encode(p), Encode(swapped)).levels,
            (std::array<std::int8_t, 5>{2, 2, 3, 3, 3}));
}

TEST(Encoding, WithoutTheSecretNothingAgrees) {
  PersonFields p = Claire();
  p.national_id = "1840529019123";
  const EncodedPerson a = Encode(p), b = Encode(p, "another secret 16");
  EXPECT_NE(a.id_hash, b.id_hash);
  EXPECT_NE(a.group, b.group);
  for (std::size_t f = 0; f < kFields; ++f) {
    EXPECT_NE(a.filters[f], b.filters[f]);
    EXPECT_LT(DiceOverChance(a.filters[f], b.filters[f]), 0.2) << f;
  }
}

TEST(Encoding, TheSaltMakesAnotherFilterOfTheSameNameEveryYear) {
  PersonFields p{.family = "MARTIN", .given = "MARIE", .birth = "19840512"};
  const EncodedPerson a = Encode(p);
  p.birth = "19850512";
  const EncodedPerson b = Encode(p);
  EXPECT_LT(DiceOverChance(a.filters[0], b.filters[0]), 0.2);
  EXPECT_EQ(CompareEncoded(a, b).levels, (std::array<std::int8_t, 5>{-1, -1, -1, -1, -1}));
}

TEST(Encoding, AWrongYearHidesNobodyWhoseNamesSoundAlike) {
  PersonFields p = Claire();
  const EncodedPerson a = Encode(p);
  p.birth = "19480512";
  EXPECT_EQ(CompareEncoded(a, Encode(p)).levels, (std::array<std::int8_t, 5>{3, 3, 2, 3, 3}));
  EXPECT_EQ(EncodedBlockKeys(a, kAnyYearPass), EncodedBlockKeys(Encode(p), kAnyYearPass));
  p.family = "LEFEVRE";
  p.postcode = "75012";
  EXPECT_EQ(CompareEncoded(a, Encode(p)).levels, (std::array<std::int8_t, 5>{2, 2, 2, 3, 0}));
  p.birth = "19480513";
  EXPECT_EQ(CompareEncoded(a, Encode(p)).levels, (std::array<std::int8_t, 5>{-1, -1, -1, 3, -1}));
  p.birth = "19480000";
  EXPECT_TRUE(EncodedBlockKeys(Encode(p), kAnyYearPass).empty());
}

TEST(Encoding, AMissingBirthDateHidesNobodyOfTheSamePlace) {
  PersonFields p = Claire();
  const EncodedPerson a = Encode(p);
  EXPECT_EQ(a.undated.size(), 1u);
  EXPECT_EQ(EncodedBlockKeys(a, kUndatedPass).size(), 1u);
  const auto meets = [&](const EncodedPerson& other) {
    const std::vector<std::uint64_t> keys = EncodedBlockKeys(other, kUndatedPass);
    return std::ranges::find(keys, EncodedBlockKeys(a, kUndatedPass)[0]) != keys.end();
  };
  // Of another year nothing is equal: no hash joins the years of records that have a date.
  p.birth = "19850512";
  EXPECT_NE(Encode(p).undated, a.undated);
  EXPECT_FALSE(meets(Encode(p)));
  p.birth = "";
  const EncodedPerson undated = Encode(p);
  EXPECT_EQ(undated.undated.size(), static_cast<std::size_t>(kBirthYears));
  EXPECT_TRUE(meets(undated));
  EXPECT_EQ(CompareEncoded(a, undated).levels, (std::array<std::int8_t, 5>{3, 3, -1, 3, 3}));
  p.family = "LEFEVRE";  // too little where the date is missing
  EXPECT_FALSE(meets(Encode(p)));
  p.family = "LEFEBVRE";
  p.postcode = "75012";
  EXPECT_FALSE(meets(Encode(p)));
  EXPECT_EQ(CompareEncoded(a, Encode(p)).levels, (std::array<std::int8_t, 5>{-1, -1, -1, 3, -1}));
  p.postcode = "";
  EXPECT_TRUE(Encode(p).undated.empty());
}

using KeyLists = std::vector<std::vector<std::uint64_t>>;

BlockIndex IndexOf(const KeyLists& a, const KeyLists& b) {
  return {a.size(), b.size(), [&](bool second, std::size_t i) { return second ? b[i] : a[i]; }};
}

std::vector<Pair> PairsOf(const std::vector<BlockIndex>& indexes, std::size_t n_a) {
  std::vector<Pair> pairs;
  ForEachPair(indexes, n_a, [&](const Pair& pair) { pairs.push_back(pair); });
  return pairs;
}

TEST(Blocking, PairsOfSeveralKeysComeOnce) {
  const KeyLists a = {{1, 2}, {2}, {}}, b = {{2, 1}, {3}};
  const BlockIndex between = IndexOf(a, b), within = IndexOf(a, {});
  EXPECT_EQ(between.n_pairs(), 3u);
  EXPECT_THAT(PairsOf({between}, 3), ElementsAre(Pair{0, 0}, Pair{1, 0}));
  EXPECT_THAT(PairsOf({within}, 3), ElementsAre(Pair{0, 1}));
  const BlockIndex other = IndexOf({{9}, {}, {9}}, {{9}, {}});
  EXPECT_THAT(PairsOf({between, other}, 3), ElementsAre(Pair{0, 0}, Pair{1, 0}, Pair{2, 0}));
}

TEST(Blocking, ABlockOfEverybodyIsLeftOut) {
  const BlockIndex within = IndexOf(KeyLists(2'000, {7}), {});
  EXPECT_THAT(PairsOf({within}, 2'000), IsEmpty());
  EXPECT_EQ(within.n_left_out(), 1u);
}

// More pairs than are held at once: stretch by stretch they are the same.
TEST(Blocking, ManyPairsAreGoneThroughInStretches) {
  KeyLists a(6'000);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = {i % 6};
  const BlockIndex within = IndexOf(a, {});
  EXPECT_GT(within.n_pairs(), 2'900'000u);
  std::uint64_t n = 0;
  Pair last;
  bool rising = true;
  ForEachPair(std::vector<BlockIndex>{within, within}, a.size(), [&](const Pair& pair) {
    rising = rising && (n == 0 || last < pair);
    last = pair;
    ++n;
  });
  EXPECT_TRUE(rising);
  EXPECT_EQ(n, within.n_pairs());
}

TEST(Blocking, AWrongYearOrHalfAName) {
  const PersonFields p = Normalise({.family_name = "Martin-Durand",
                                    .given_names = "Claire",
                                    .birth_date = "1984-05-12",
                                    .sex = "F",
                                    .postcode = "75011"});
  const auto share = [&](const PersonFields& other, std::size_t pass) {
    const std::vector<std::uint64_t> a = BlockKeys(p, pass), b = BlockKeys(other, pass);
    return std::ranges::any_of(
        a, [&](std::uint64_t key) { return std::ranges::find(b, key) != b.end(); });
  };
  PersonFields wrong_year = p, half = p;
  wrong_year.birth = "19480512";
  wrong_year.given = "KLAIRE";  // another Soundex
  EXPECT_FALSE(share(wrong_year, 2));
  EXPECT_TRUE(share(wrong_year, 6));
  half.family = "DURAND";
  half.family_parts = "";
  EXPECT_TRUE(share(half, 2));
}

TEST(NameShares, ARareNameSaysMore) {
  // Of 1,000 names 100 are the same, the others different.
  const auto name = [](bool, std::size_t i) {
    return NameShares::Name{.key = i < 100 ? 1 : i + 1, .group = 7};
  };
  const NameShares shares(1'000, 0, name);
  EXPECT_NEAR(shares.Of({.key = 1, .group = 7}), 0.098, 0.01);
  EXPECT_LT(shares.Of({.key = 500, .group = 7}), 0.002);
  EXPECT_EQ(shares.Of({.key = 1, .group = 8}), 1);  // nobody of that group
  // Few records: a name that stands alone may be common all the same.
  const NameShares few(
      20, 0, [](bool, std::size_t i) { return NameShares::Name{.key = i / 2 + 1, .group = 0}; });
  EXPECT_GT(few.Of({.key = 1, .group = 0}), 0.02);
  const NameShares none(3, 3, [](bool, std::size_t) { return NameShares::Name{}; });
  EXPECT_EQ(none.Of({}), 1);
}

TEST(Clusters, TheHeaviestTieWinsAndConflictsStayApart) {
  const auto one_each = [](const auto& a, const auto& b) { return a.size() + b.size() <= 2; };
  EXPECT_THAT(Clusters(4, {{0, 2, 5}, {1, 2, 9}, {0, 3, 1}}, one_each), ElementsAre(0, 1, 1, 0));
  const auto all = [](const auto&, const auto&) { return true; };
  EXPECT_THAT(Clusters(5, {{3, 4, 1}, {0, 3, 1}}, all), ElementsAre(0, 1, 2, 0, 0));
}

}  // namespace
}  // namespace essaim::linkage
