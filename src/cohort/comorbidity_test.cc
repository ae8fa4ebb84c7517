#include "cohort/comorbidity.h"

#include <set>
#include <string>

#include "base/testing/status_matchers.h"

namespace essaim::cohort {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Names(ComorbidityScheme scheme, std::string_view code) {
  std::vector<std::string> names;
  for (const std::size_t place : GroupsOfCode(scheme, TidyIcd10(code)))
    names.emplace_back(GroupsOf(scheme)[place].name);
  return names;
}

int Score(ComorbidityScheme scheme, const std::vector<std::string>& codes, bool other = false) {
  std::set<std::size_t> found;
  for (const std::string& code : codes) {
    for (const std::size_t place : GroupsOfCode(scheme, TidyIcd10(code))) found.insert(place);
  }
  int score = 0;
  for (const std::size_t place : found) {
    const ComorbidityGroup& group = GroupsOf(scheme)[place];
    if (group.graver >= 0 && found.contains(static_cast<std::size_t>(group.graver))) continue;
    score += other ? group.other_weight : group.weight;
  }
  return score;
}

constexpr auto kCharlson = ComorbidityScheme::kCharlson;
constexpr auto kElixhauser = ComorbidityScheme::kElixhauser;

TEST(ComorbidityTest, TidiesCodes) {
  EXPECT_EQ(TidyIcd10("i21.0 "), "I210");
  EXPECT_EQ(TidyIcd10("E11.40"), "E1140");
  EXPECT_EQ(TidyIcd10("I2100"), "I2100");  // CIM-10 FR
  EXPECT_EQ(TidyIcd10("G81.08+2"), "G8108");
  EXPECT_EQ(TidyIcd10("E10.3*"), "E103");
  EXPECT_EQ(TidyIcd10("C4A.0"), "C4A0");  // ICD-10-CM
  for (const char* code : {"", "I2", "44054006", "250.00", "V4", "EA2.1", "I-21", "ABCDEFGHIJ"})
    EXPECT_EQ(TidyIcd10(code), "") << code;
}

// Rows of tables 1 and 2 of Quan et al. 2005.
TEST(ComorbidityTest, FindsTheGroups) {
  EXPECT_EQ(GroupsOf(kCharlson).size(), 17u);
  EXPECT_EQ(GroupsOf(kElixhauser).size(), 31u);
  EXPECT_THAT(Names(kCharlson, "I25.2"), ElementsAre("myocardial_infarction"));
  EXPECT_THAT(Names(kCharlson, "I25.1"), IsEmpty());
  EXPECT_THAT(Names(kCharlson, "F05.1"), ElementsAre("dementia"));
  EXPECT_THAT(Names(kCharlson, "F05.0"), IsEmpty());
  EXPECT_THAT(Names(kCharlson, "E14.6"), ElementsAre("diabetes"));
  EXPECT_THAT(Names(kElixhauser, "E14.6"), ElementsAre("diabetes_complicated"));
  EXPECT_THAT(Names(kCharlson, "K70.3"), ElementsAre("mild_liver"));
  EXPECT_THAT(Names(kElixhauser, "K70.3"), ElementsAre("liver", "alcohol"));
  EXPECT_THAT(Names(kElixhauser, "I42.6"), ElementsAre("heart_failure", "alcohol"));
  EXPECT_THAT(Names(kElixhauser, "I11.0"),
              ElementsAre("heart_failure", "hypertension_complicated"));
  EXPECT_THAT(Names(kCharlson, "C44.9"), IsEmpty());  // skin
  EXPECT_THAT(Names(kElixhauser, "C90.0"), ElementsAre("lymphoma"));
  EXPECT_THAT(Names(kElixhauser, "C90.1"), IsEmpty());
  EXPECT_THAT(Names(kElixhauser, "F31.5"), ElementsAre("psychosis", "depression"));
  EXPECT_EQ(FindGroup(kElixhauser, "obesity"), 22);
  EXPECT_EQ(FindGroup(kCharlson, "obesity"), -1);
}

// Made with the lists and weights of comorbidipy 0.5.0 (a port of R's comorbidity, MIT), the graver
// form alone (its assign0).
TEST(ComorbidityTest, ScoresAsPublished) {
  const std::vector<std::string> a = {"I21.4", "E11.9", "E11.2", "K70.3", "K72.9", "N18.3"};
  EXPECT_EQ(Score(kCharlson, a), 1 + 2 + 3 + 2);
  EXPECT_EQ(Score(kCharlson, a, true), 0 + 1 + 4 + 1);
  EXPECT_EQ(Score(kElixhauser, a), 0 + 11 + 5 + 0);
  const std::vector<std::string> b = {"C34.1", "C78.0", "F32.9", "E66.0", "I48", "F10.2"};
  EXPECT_EQ(Score(kCharlson, b), 6);
  EXPECT_EQ(Score(kElixhauser, b), 12 - 3 - 4 + 5 + 0);
  EXPECT_EQ(Score(kElixhauser, b, true), 5);
  int all = 0, other = 0;
  for (const ComorbidityGroup& group : GroupsOf(kElixhauser)) all += group.weight;
  for (const ComorbidityGroup& group : GroupsOf(kCharlson)) other += group.other_weight;
  EXPECT_EQ(all, 70);
  EXPECT_EQ(other, 28);
}

}  // namespace
}  // namespace essaim::cohort
