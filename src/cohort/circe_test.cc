#include "cohort/circe.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "cohort/yaml_format.h"

namespace essaim::cohort {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::StatusIs;

constexpr char kPlain[] = R"({
  "ConceptSets": [{"id": 4, "name": "diabetes", "expression": {"items": [
      {"concept": {"CONCEPT_ID": 201826, "CONCEPT_NAME": "x"}, "includeDescendants": true},
      {"concept": {"CONCEPT_ID": 201254}, "isExcluded": true}]}}],
  "PrimaryCriteria": {
    "CriteriaList": [{"ConditionOccurrence": {"CodesetId": 4, ENTRY "First": true}}],
    "ObservationWindow": {"PriorDays": 365, "PostDays": 0},
    "PrimaryCriteriaLimit": {"Type": "First"}},
  "QualifiedLimit": {"Type": "First"}, "ExpressionLimit": {"Type": "First"},
  "InclusionRules": [RULES],
  "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 7}},
  "CensoringCriteria": [], "CollapseSettings": {"CollapseType": "ERA", "EraPad": 30}, MORE
  "CensorWindow": {}})";

std::string With(const std::string& entry, const std::string& rules = "",
                 const std::string& more = "") {
  return absl::StrReplaceAll(kPlain, {{"ENTRY", entry}, {"RULES", rules}, {"MORE", more}});
}

TEST(CirceTest, ReadsWhatItSays) {
  const auto definition = ParseCirce(With(""));
  ASSERT_TRUE(definition.ok()) << definition.status();
  ASSERT_THAT(definition->concept_sets, SizeIs(1));
  ASSERT_THAT(definition->concept_sets[0].items, SizeIs(2));
  EXPECT_TRUE(definition->concept_sets[0].items[0].descendants);
  EXPECT_TRUE(definition->concept_sets[0].items[1].excluded);
  ASSERT_THAT(definition->entry, SizeIs(1));
  EXPECT_EQ(definition->entry[0].domain, Domain::kConditionOccurrence);
  EXPECT_EQ(definition->entry[0].concept_set, 4);
  EXPECT_TRUE(definition->entry[0].first);
  EXPECT_EQ(definition->days_before, 365);
  EXPECT_EQ(std::get<DateOffset>(definition->exit).days, 7);
  EXPECT_EQ(definition->era_gap, 30);
  EXPECT_THAT(definition->rules, IsEmpty());
}

TEST(CirceTest, NamesThePlaceOfWhatItCannotDo) {
  EXPECT_THAT(
      ParseCirce(With(R"("Novelty": 3,)")),
      StatusIs(StatusCode::kUnimplemented,
               HasSubstr("$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.Novelty: ")));
  EXPECT_THAT(
      ParseCirce(absl::StrReplaceAll(With(""), {{"ConditionOccurrence", "LocationRegion"}})),
      StatusIs(StatusCode::kUnimplemented, HasSubstr("CriteriaList[0].LocationRegion: ")));
  EXPECT_THAT(ParseCirce(With("", "", R"("Surprise": {"a": 1},)")),
              StatusIs(StatusCode::kUnimplemented, HasSubstr("$.Surprise: ")));
}

TEST(CirceTest, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(ParseCirce("{"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("not JSON")));
  EXPECT_THAT(ParseCirce("[]"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("$: ")));
  EXPECT_THAT(ParseCirce(With(R"("Age": {"Value": 3, "Op": "about"},)")),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(".Age.Op: expected lt")));
  EXPECT_THAT(ParseCirce(With(R"("OccurrenceStartDate": {"Value": "2010-02-30", "Op": "gt"},)")),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("expected a date")));
  EXPECT_THAT(ParseCirce(With(R"("Age": {"Value": 1e300, "Op": "gt"},)")),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("too large")));
}

// What Circe's own reader takes, and what it makes of it.
TEST(CirceTest, IsAsLenientAsCirce) {
  const auto absent =
      ParseCirce(absl::StrReplaceAll(With(""), {{"\"CodesetId\": 4", "\"CodesetId\": 5"}}));
  ASSERT_TRUE(absent.ok()) << absent.status();
  EXPECT_THAT(absent->FindConceptSet(5)->items, IsEmpty());
  ASSERT_THAT(absent->notes, SizeIs(1));
  EXPECT_THAT(absent->notes[0],
              HasSubstr("ConditionOccurrence.CodesetId: there is no concept set"));

  const auto plain = ParseCirce(With(R"("Age": {"Value": 18, "Op": "gte"},)"));
  ASSERT_TRUE(plain.ok()) << plain.status();
  const std::string odd = absl::StrReplaceAll(
      With(R"("Age": {"Value": " 18 ", "Op": "gte"}, "Gender": [], "VisitType": null,)", "",
           R"("AdditionalCriteria": null, "Novelty": {},)"),
      {{"\"PriorDays\": 365", "\"PriorDays\": \"365\""},
       {"\"Offset\": 7", "\"Offset\": 7.9, \"OffsetUnit\": \"day\", \"OffsetUnitValue\": 0"},
       {"\"First\": true", "\"First\": \"true\""},
       {"\"CodesetId\": 4", "\"CodesetId\": \"4\""},
       {"\"isExcluded\": true", "\"isExcluded\": 1"},
       {"\"CONCEPT_ID\": 201826", "\"CONCEPT_ID\": \"201826\""}});
  const auto same = ParseCirce(odd);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(DefinitionHash(*same), DefinitionHash(*plain));
  EXPECT_THAT(ParseCirce(absl::StrReplaceAll(
                  odd, {{"\"OffsetUnit\": \"day\"", "\"OffsetUnit\": \"hour\""}})),
              StatusIs(StatusCode::kUnimplemented, HasSubstr("DateOffset.OffsetUnit: ")));

  // Circe makes nothing of the effective dose; a limit that is said to be none is none.
  const auto idle = ParseCirce(absl::StrReplaceAll(
      With(R"("EffectiveDrugDose": {"Value": 3, "Op": "gt"},)"),
      {{"ConditionOccurrence", "DrugExposure"},
       {R"("ExpressionLimit": {"Type": "First"})", R"("ExpressionLimit": {"Type": null})"}}));
  ASSERT_TRUE(idle.ok()) << idle.status();
  EXPECT_THAT(idle->entry[0].filters, IsEmpty());
  EXPECT_EQ(idle->limit, Limit::kAll);
  ASSERT_THAT(idle->notes, SizeIs(1));
  EXPECT_THAT(idle->notes[0], HasSubstr("DrugExposure.EffectiveDrugDose: without effect"));

  const std::string record =
      absl::StrCat(R"({"id": 7, "name": "x", "expression": )", With(""), "}");
  ASSERT_TRUE(ParseCirce(record).ok());
  EXPECT_EQ(DefinitionHash(*ParseCirce(record)), DefinitionHash(*ParseCirce(With(""))));
  EXPECT_TRUE(ParseCirce(With("", R"({"name": "none", "expression": {}})")).ok());
}

TEST(CirceTest, HoldsItsLimits) {
  std::string nested = R"({"Type": "ALL"})";
  for (int i = 0; i < kGroupDepthMax + 2; ++i) {
    nested = absl::StrCat(R"({"Type": "ALL", "Groups": [)", nested, "]}");
  }
  EXPECT_THAT(ParseCirce(With("", absl::StrCat(R"({"name": "deep", "expression": )", nested, "}"))),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nested deeper")));
  EXPECT_THAT(ParseCirce(std::string(kCohortBytesMax + 1, ' ')),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("bytes")));
  std::string brackets(100'000, '[');
  EXPECT_FALSE(ParseCirce(brackets).ok());
}

TEST(CirceTest, HashFollowsTheMeaningOnly) {
  const auto definition = ParseCirce(With(""));
  ASSERT_TRUE(definition.ok());
  const std::string hash = DefinitionHash(*definition);
  const std::string renamed =
      absl::StrReplaceAll(With(""), {{"diabetes", "sugar"},
                                     {"\"id\": 4", "\"id\": 9"},
                                     {"\"CodesetId\": 4", "\"CodesetId\": 9"}});
  EXPECT_EQ(DefinitionHash(*ParseCirce(renamed)), hash);
  EXPECT_NE(DefinitionHash(*ParseCirce(absl::StrReplaceAll(With(""), {{"365", "364"}}))), hash);
  EXPECT_NE(DefinitionHash(*ParseCirce(absl::StrReplaceAll(With(""), {{"201254", "201255"}}))),
            hash);
}

constexpr char kYaml[] = R"(cohort: diabetes
concepts:
  diabetes: [201826, {id: 201254, exclude: true, descendants: false}]
  metformin: [1503297]
entry:
  events:
    - condition: diabetes
      first: true
  observed: {before: 365}
  keep: first
include:
  - name: on metformin
    all:
      - drug: metformin
        within: [0, 30]
        times: {at_least: 2}
exclude:
  - name: younger than 18
    any:
      - person: {age: {less_than: 18}}
exit: {days: 7, after: start}
era_gap: 30
)";

TEST(CohortYamlTest, MeansTheSameAsCirce) {
  const std::string text(kYaml);
  const auto yaml =
      ParseCohortYaml(text.substr(0, text.find("include:")) + "exit: {days: 7}\nera_gap: 30\n");
  ASSERT_TRUE(yaml.ok()) << yaml.status();
  EXPECT_EQ(CanonicalText(*yaml), CanonicalText(*ParseCirce(With(""))));
}

TEST(CohortYamlTest, ReadsTheExampleOfTheDocumentation) {
  const auto page = ReadFile(ESSAIM_SOURCE_DIR "/docs/cohorts.md");
  ASSERT_TRUE(page.ok()) << page.status();
  const std::size_t begin = page->find("```yaml\n") + 8;
  const auto definition = ParseCohortYaml(page->substr(begin, page->find("```", begin) - begin));
  ASSERT_TRUE(definition.ok()) << definition.status();
  EXPECT_THAT(definition->rules, SizeIs(3));
  EXPECT_THAT(definition->censoring, SizeIs(1));
}

TEST(CohortYamlTest, ReadsRules) {
  const auto definition = ParseCohortYaml(kYaml);
  ASSERT_TRUE(definition.ok()) << definition.status();
  ASSERT_THAT(definition->rules, SizeIs(2));
  EXPECT_EQ(definition->rules[0].name, "on metformin");
  const CorrelatedCriterion& drug = definition->rules[0].group.criteria.at(0);
  EXPECT_EQ(drug.occurrence.count, 2);
  EXPECT_EQ(drug.start.end.days, 30);
  EXPECT_EQ(definition->rules[1].group.type, Group::Type::kAtMost);
  EXPECT_THAT(definition->rules[1].group.groups.at(0).demographics, SizeIs(1));
}

TEST(CohortYamlTest, SaysTheLineTheKeyAndWhatWasExpected) {
  const auto wrong = [](std::string_view from, std::string_view to) {
    return ParseCohortYaml(absl::StrReplaceAll(kYaml, {{absl::string_view(from.data(), from.size()),
                                                        absl::string_view(to.data(), to.size())}}));
  };
  EXPECT_THAT(
      wrong("drug: metformin", "drug: metformine"),
      StatusIs(StatusCode::kInvalidArgument,
               HasSubstr("14:15: drug: expected the name of a concept set: diabetes, metformin")));
  EXPECT_THAT(wrong("within: [0, 30]", "within: [30, 0]"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("15:17: within: the first end")));
  EXPECT_THAT(
      wrong("keep: first", "keep: some"),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("10:9: keep: expected first, last")));
  EXPECT_THAT(wrong("era_gap: 30", "era_gaps: 30"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("era_gap")));
  EXPECT_THAT(wrong("{less_than: 18}", "{below: 18}"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("age: expected one of less_than")));
  EXPECT_THAT(wrong("condition: diabetes", "sickness: diabetes"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("expected one of condition_era")));
  EXPECT_FALSE(ParseCohortYaml("").ok());
  EXPECT_FALSE(ParseCohortYaml("- a\n").ok());
}

}  // namespace
}  // namespace essaim::cohort
