#include "cli/study_cohort.h"

#include "base/testing/status_matchers.h"

namespace essaim::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kStudy[] = R"yaml(essaim: 1
name: stroke
data:
  omop: |
    cohort:
      cohort: stroke
      concepts: {stroke: [10]}
      entry: {events: [{condition: stroke}]}
      include: [{name: "it's \"adult\"", all: [{person: {age: {at_least: 18}}}]}]
    variables:
      - {name: age, type: integer, range: [0, 110], from: age}
      - {name: female, type: boolean, from: {sex: 8532}}
sites: [a, b, c]
cohort: {include: age >= 20, exclude: age > 90}
analyses:
  - {name: means, algorithm: descriptive/moments, parameters: {variables: [age]}}
  - {name: persons, algorithm: descriptive/count, parameters: {by: female}, where: age < 80}
)yaml";

TEST(StudyCohortTest, AsksForTheStepsOfEverybody) {
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  ASSERT_OK_AND_ASSIGN(const Study question, CohortQuestion(study, false));
  EXPECT_EQ(question.name, "stroke-cohort");
  EXPECT_EQ(question.include_text + question.exclude_text, "");
  ASSERT_EQ(question.analyses.size(), 2u);
  EXPECT_EQ(question.analyses[0].name, "attrition");
  EXPECT_EQ(question.analyses[0].params.Text("by"), "essaim_step");
  EXPECT_EQ(question.analyses[0].where_text, "");
  EXPECT_EQ(question.analyses[1].name, "cohort");
  EXPECT_EQ(question.analyses[1].params.Text("by"), "female");
  EXPECT_EQ(question.analyses[1].where_text,
            "(essaim_step == 'cohort') and (age >= 20) and (not (age > 90)) and (age < 80)");
  EXPECT_OK(CohortOf(question, question.analyses[1]).status());
  const auto step = question.schema.Find("essaim_step");
  ASSERT_TRUE(step.has_value());
  EXPECT_THAT(question.schema.variables()[*step].levels,
              ElementsAre("1. entry events", "2. it's \"adult\"", "cohort"));
  EXPECT_FALSE(question.schema.Find("essaim_site").has_value());
}

TEST(StudyCohortTest, AsksForSitesOnlyWhenTold) {
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  ASSERT_OK_AND_ASSIGN(const Study question, CohortQuestion(study, true));
  ASSERT_EQ(question.analyses.size(), 3u);
  EXPECT_EQ(question.analyses[1].params.Text("row"), "essaim_site");
  const auto site = question.schema.Find("essaim_site");
  ASSERT_TRUE(site.has_value());
  EXPECT_THAT(question.schema.variables()[*site].levels, ElementsAre("a", "b", "c"));
  Study other = study;
  other.omop.clear();
  EXPECT_FALSE(CohortQuestion(other, true).ok());
}

TEST(StudyCohortTest, AddsUpWhoCameFurther) {
  ResultTable table{
      .id = "counts", .title = "", .columns = {}, .rows = {}, .groups = {}, .hidden = {}};
  table.columns = {{"level", "Step", ColumnKind::kText}, {"n", "n", ColumnKind::kCount}};
  table.rows = {{std::string("1. entry events"), std::int64_t{1200}},
                {std::string("2. adult"), std::int64_t{30}},
                {std::string("cohort"), std::int64_t{400}},
                {std::string("missing"), std::int64_t{0}}};
  Result result;
  result.tables = {table};
  EXPECT_EQ(AttritionText(result),
            "             1,630  1. entry events\n"
            "               430  2. adult\n"
            "               400  cohort\n");
  result.tables[0].rows[1][1] = std::monostate();
  result.tables[0].hidden = {{1, 1}};
  EXPECT_THAT(AttritionText(result), HasSubstr("at least 1,600  1. entry events\n"
                                               "      at least 400  2. adult\n"));
  EXPECT_EQ(AttritionText(Result{}), "");
}

}  // namespace
}  // namespace essaim::cli
