// Precision and recall of whole linkages on made-up persons, and what must never be linked.
#include "linkage/linker.h"

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "linkage/made_up_testing.h"

namespace essaim::linkage {
namespace {

const std::string kNames = ESSAIM_SOURCE_DIR "/tests/data/linkage/names.csv";

struct Floor {
  double error_rate, clear_precision, clear_recall, encoded_precision, encoded_recall;
};

// bench/linkage_bench.cc has the figures for 10,000 persons; here 2,000, a little below what it is.
class Accuracies : public ::testing::TestWithParam<Floor> {};

TEST_P(Accuracies, HoldTheirFloor) {
  const Floor& floor = GetParam();
  const auto lists = MakeUp(kNames, {.n = 2'000, .error_rate = floor.error_rate, .seed = 3});
  ASSERT_OK(lists);
  const std::vector<PersonFields> a = FieldsOf(lists->a), b = FieldsOf(lists->b);
  const LinkTask clear = TaskOf(a, b);
  const auto result = Link(clear, {});
  ASSERT_OK(result);
  const Accuracy in_clear = AccuracyOf(*lists, OneToOne(clear, *result));
  EXPECT_GE(in_clear.precision, floor.clear_precision);
  EXPECT_GE(in_clear.recall, floor.clear_recall);
  EXPECT_GT(result->n_all, 100 * result->n_compared);
  EXPECT_NEAR(result->n_matches, 600, 90);  // the model knows how many there are

  const Encoder encoder(SecretBytes::CopyOf("the sites' own secret"), "p");
  std::vector<EncodedPerson> ea, eb;
  for (const PersonFields& p : a) ea.push_back(encoder.Encode(p));
  for (const PersonFields& p : b) eb.push_back(encoder.Encode(p));
  const LinkTask encoded = TaskOf(ea, eb);
  const auto blind = Link(encoded, {});
  ASSERT_OK(blind);
  const Accuracy in_filters = AccuracyOf(*lists, OneToOne(encoded, *blind));
  EXPECT_GE(in_filters.precision, floor.encoded_precision);
  EXPECT_GE(in_filters.recall, floor.encoded_recall);

  const auto equal = LinkDeterministically(a, b);

  EXPECT_LT(AccuracyOf(*lists, equal).recall, in_clear.recall);  // what the model is for
}

INSTANTIATE_TEST_SUITE_P(ErrorRates, Accuracies,
                         ::testing::Values(Floor{0.01, 0.99, 0.99, 0.985, 0.985},
                                           Floor{0.05, 0.99, 0.985, 0.985, 0.975},
                                           Floor{0.20, 0.985, 0.96, 0.985, 0.92}));

PersonFields Claire() {
  return {
      .family = "MARTIN", .given = "CLAIRE", .birth = "19840512", .sex = "F", .postcode = "75011"};
}

// One birth date in five is missing at the second site. Of each record found without its date, the
// names, the sex and the postcode are equal.
TEST(Linker, AMissingBirthDateHidesFewAndMixesUpNobody) {
  auto lists = MakeUp(kNames, {.n = 2'000, .error_rate = 0.01, .seed = 3});
  ASSERT_OK(lists);
  for (std::size_t i = 0; i < lists->b.size(); i += 5) lists->b[i].raw.birth_date = "";
  const std::vector<PersonFields> a = FieldsOf(lists->a), b = FieldsOf(lists->b);
  const auto encode = [&](const Hardening& hardening, const std::vector<PersonFields>& people) {
    const Encoder encoder(SecretBytes::CopyOf("the sites' own secret"), "p", hardening);
    std::vector<EncodedPerson> encoded;
    for (const PersonFields& p : people) encoded.push_back(encoder.Encode(p));
    return encoded;
  };
  const auto accuracy_of = [&](const LinkTask& task) {
    const auto result = Link(task, {});
    EXPECT_OK(result);
    return AccuracyOf(*lists, OneToOne(task, *result));
  };
  const auto ea = encode({}, a), eb = encode({}, b), da = encode({.undated = false}, a),
             db = encode({.undated = false}, b);
  const Accuracy found = accuracy_of(TaskOf(ea, eb)), hidden = accuracy_of(TaskOf(da, db)),
                 clear = accuracy_of(TaskOf(a, b));
  std::printf("encodings %.4f %.4f, without the hashes %.4f %.4f, clear %.4f %.4f\n",
              found.precision, found.recall, hidden.precision, hidden.recall, clear.precision,
              clear.recall);
  EXPECT_LT(hidden.recall, 0.85);
  EXPECT_GE(found.recall, 0.93);
  EXPECT_GE(found.precision, 0.985);
  EXPECT_GE(clear.recall, 0.95);
}

// Within a site names are in clear: the pass of both names finds them.
TEST(Linker, AMissingBirthDateWithinAList) {
  auto lists = MakeUp(kNames, {.n = 1'000, .shared = 0.1, .error_rate = 0.01, .seed = 5});
  ASSERT_OK(lists);
  for (MadeUpPerson& person : lists->b) person.raw.birth_date = "";
  std::vector<PersonFields> people = FieldsOf(lists->a);
  for (const PersonFields& p : FieldsOf(lists->b)) people.push_back(p);
  const auto result = Link(TaskWithin(people), {});
  ASSERT_OK(result);
  std::vector<Pair> listed;
  for (const ScoredPair& p : result->pairs) {
    if (p.pair.a < 1'000 && p.pair.b >= 1'000) listed.push_back({p.pair.a, p.pair.b - 1'000});
  }
  EXPECT_GE(AccuracyOf(*lists, listed).recall, 0.9);
}

TEST(Linker, ARecordWithoutADateThatFitsTwoPersonsIsForAPerson) {
  PersonFields son = Claire(), unknown = Claire();
  son.birth = "20100203";
  unknown.birth = "";
  std::vector<PersonFields> a = {Claire(), son}, b = {unknown};
  for (int i = 0; i < 40; ++i) {
    a.push_back({.family = "Q" + std::string(1, static_cast<char>('A' + i % 26)) + "X",
                 .given = "JULIE",
                 .birth = absl::StrCat(1930 + i, "0512"),
                 .sex = "F",
                 .postcode = "33000"});
    b.push_back(a.back());
  }
  const Encoder encoder(SecretBytes::CopyOf("the sites' own secret"), "p");
  const auto linked = [&](std::size_t from) {
    std::vector<EncodedPerson> ea, eb;
    for (std::size_t i = from; i < a.size(); ++i) ea.push_back(encoder.Encode(a[i]));
    for (const PersonFields& p : b) eb.push_back(encoder.Encode(p));
    const LinkTask task = TaskOf(ea, eb);
    const auto result = Link(task, {.probability_least = 0});
    EXPECT_OK(result);
    std::vector<bool> decided;
    for (const ScoredPair& p : result->pairs) {
      if (p.pair.b == 0) decided.push_back(!NeedsPerson(p));
    }
    return decided;
  };
  EXPECT_EQ(linked(0), (std::vector<bool>{false, false}));
  EXPECT_EQ(linked(1), (std::vector<bool>{true}));  // one of the two alone
}

TEST(Linker, DuplicatesWithinAList) {
  const auto lists = MakeUp(kNames, {.n = 1'000, .shared = 0.1, .error_rate = 0.05, .seed = 5});
  ASSERT_OK(lists);
  std::vector<PersonFields> people = FieldsOf(lists->a);
  for (const PersonFields& p : FieldsOf(lists->b)) people.push_back(p);
  const auto result = Link(TaskWithin(people), {});
  ASSERT_OK(result);
  std::vector<Pair> called;
  for (const ScoredPair& p : result->pairs) {
    if (p.probability >= kLinkProbability && !NeedsPerson(p) && p.pair.a < 1'000 &&
        p.pair.b >= 1'000)
      called.push_back({p.pair.a, p.pair.b - 1'000});
  }
  const Accuracy accuracy = AccuracyOf(*lists, called);
  EXPECT_GE(accuracy.precision, 0.97);
  EXPECT_GE(accuracy.recall, 0.95);
}

ScoredPair Scored(const PersonFields& a, const PersonFields& b, IdAgreement id) {
  return {.pair = {}, .comparison = Compare(a, b), .id = id};
}

TEST(Linker, APersonDecidesOnTwinsAndDoubtfulIdentifiers) {
  PersonFields twin = Claire();
  twin.given = "JULIE";
  EXPECT_TRUE(NeedsPerson(Scored(Claire(), twin, IdAgreement::kUnknown)));
  EXPECT_FALSE(NeedsPerson(Scored(Claire(), twin, IdAgreement::kEqual)));
  EXPECT_TRUE(NeedsPerson(Scored(Claire(), Claire(), IdAgreement::kDifferent)));
  EXPECT_FALSE(NeedsPerson(Scored(Claire(), Claire(), IdAgreement::kUnknown)));
  PersonFields mother = Claire();
  mother.birth = "19570920";
  EXPECT_TRUE(NeedsPerson(Scored(Claire(), mother, IdAgreement::kUnknown)));
  const PersonFields child{.family = "MARTIN", .given = "HUGO", .birth = "20150203", .sex = "M"};
  EXPECT_TRUE(NeedsPerson(Scored(Claire(), child, IdAgreement::kEqual)));
}

TEST(Linker, AnIdentifierAloneBringsAPairTogether) {
  std::vector<PersonFields> a = {Claire(), Claire()};
  a[1] = {.family = "NGUYEN",
          .given = "LINH",
          .birth = "19700101",
          .sex = "F",
          .national_id = "2700175011123"};
  // Claims have no name: the identifier, and a year of birth that agrees.
  const std::vector<PersonFields> b = {
      {.birth = "19700000", .sex = "F", .national_id = "2700175011123"}};
  const LinkTask task = TaskOf(a, b);
  const auto result = Link(task, {});
  ASSERT_OK(result);
  EXPECT_EQ(OneToOne(task, *result), (std::vector<Pair>{{1, 0}}));
}

TEST(Linker, EachPairSaysWhichKeysBroughtItTogether) {
  PersonFields other = Claire();
  other.birth = "19480512";
  const std::vector<PersonFields> a = {Claire()}, b = {other};
  const auto result = Link(TaskOf(a, b), {.probability_least = 0});
  ASSERT_OK(result);
  ASSERT_EQ(result->pairs.size(), 1u);
  EXPECT_EQ(PassNames(result->pairs[0].passes),
            "names;given name and postcode;family name and postcode;name, day and month");
  EXPECT_EQ(result->n_of_pass[0], 0u);
  EXPECT_EQ(result->n_of_pass[1], 1u);
}

TEST(Linker, ARareNameWeighsMoreThanACommonOne) {
  std::vector<PersonFields> a, b;
  for (int i = 0; i < 200; ++i) {
    PersonFields p{.family = i % 2 == 0 ? "NGUYEN"
                                        : "Q" + std::string(1, static_cast<char>('A' + i % 26)) +
                                              std::string(1, static_cast<char>('A' + i / 26)),
                   .given = "CLAIRE",
                   .birth = absl::StrCat(1930 + i % 80, "05", 10 + i % 19),
                   .sex = "F",
                   .postcode = "75011"};
    a.push_back(p);
    b.push_back(p);
  }
  const LinkTask task = TaskOf(a, b);
  const auto by_name = Link(task, {.probability_least = 0}),
             alike = Link(task, {.probability_least = 0, .by_name = false});
  ASSERT_OK(by_name);
  ASSERT_OK(alike);
  const auto weight = [](const LinkResult& result, std::uint32_t i) {
    for (const ScoredPair& p : result.pairs) {
      if (p.pair == Pair{i, i}) return p.weight;
    }
    return 0.0;
  };
  EXPECT_GT(weight(*by_name, 1), weight(*by_name, 0) + 3);  // QBA, NGUYEN
  EXPECT_NEAR(weight(*alike, 1), weight(*alike, 0), 1e-9);
}

TEST(Linker, NobodyOrOneIsNoFault) {
  const std::vector<PersonFields> none, one = {Claire()};
  for (const auto& [a, b] : {std::pair{none, none}, {none, one}, {one, none}}) {
    const auto result = Link(TaskOf(a, b), {});
    ASSERT_OK(result);
    EXPECT_TRUE(result->pairs.empty());
  }
  const auto within = Link(TaskWithin(one), {});
  ASSERT_OK(within);
  const auto two = Link(TaskOf(one, one), {});
  ASSERT_OK(two);
  const std::vector<PersonFields> empty = {PersonFields(), PersonFields()};
  const auto unknown = Link(TaskWithin(empty), {});
  ASSERT_OK(unknown);
  EXPECT_TRUE(unknown->pairs.empty());
}

}  // namespace
}  // namespace essaim::linkage
