#include "study/study.h"

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/testing/status_matchers.h"
#include "study/json_schema.h"
#include "study/schema_file.h"
#include "study/study_check.h"

namespace essaim {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;

constexpr char kStudy[] = R"(essaim: 1
name: heart
title: "Heart: disease"
data:
  set: heart
  schema:
    - {name: age, type: number, unit: a, range: [18, 100]}
    - {name: stage, type: category, levels: [I, "II"]}
    - {name: seen, type: date, range: [2000-01-01, 2001-01-01]}
sites: [north, south, west]
cohort: {include: "age >= 18", exclude: "stage == 'I'"}
privacy: {minimum_cohort: 30, on_dropout: continue}
analyses:
  - name: counts
    algorithm: descriptive/count
  - name: model
    algorithm: regression/glm
    where: age < 90
    parameters:
      {ridge: 0.5, robust: true, family: binomial, terms: [age, stage], cuts: [1, 2.5], code: "1"}
  - {name: use, algorithm: evaluation/classification, model: model}
)";

TEST(Study, ReadsEverything) {
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  EXPECT_EQ(study.name, "heart");
  EXPECT_EQ(study.schema.size(), 3u);
  EXPECT_EQ(study.schema.variables()[2].lower, 10957);  // days from 1970-01-01 to 2000-01-01
  EXPECT_THAT(study.sites, ElementsAre("north", "south", "west"));
  EXPECT_EQ(study.privacy.minimum_cohort, 30);
  EXPECT_EQ(study.privacy.on_dropout, Privacy::OnDropout::kContinue);
  ASSERT_EQ(study.analyses.size(), 3u);
  const auto& values = study.analyses[1].params.values;
  EXPECT_EQ(std::get<double>(values.find("ridge")->second), 0.5);
  EXPECT_EQ(std::get<bool>(values.find("robust")->second), true);
  EXPECT_EQ(std::get<std::string>(values.find("family")->second), "binomial");
  EXPECT_EQ(std::get<std::string>(values.find("code")->second), "1");
  EXPECT_THAT(std::get<std::vector<std::string>>(values.find("terms")->second),
              ElementsAre("age", "stage"));
  EXPECT_THAT(std::get<std::vector<double>>(values.find("cuts")->second), ElementsAre(1, 2.5));
  EXPECT_EQ(study.analyses[2].model, "model");
}

TEST(Study, ItsSourceIsSelfContainedAndCanonical) {
  const std::string file =
      R"(variables: [{name: age, type: number, unit: a, range: [18, 100], source: AGE},
    {name: stage, type: category, levels: [{name: I, codes: [1]}, II]},
    {name: seen, type: integer, unit: d, range: [10957, 11323]}])";
  std::string outside = kStudy;
  const auto from = outside.find("  schema:"), to = outside.find("sites:");
  outside.replace(from, to - from, "  schema: heart.yaml\n");
  std::string asked;
  ASSERT_OK_AND_ASSIGN(const Study a, ParseStudy(outside, [&](std::string_view path) {
                         asked = path;
                         return absl::StatusOr<std::string>(file);
                       }));
  ASSERT_OK_AND_ASSIGN(const Study b, ParseStudy(kStudy, nullptr));
  EXPECT_EQ(asked, "heart.yaml");
  EXPECT_EQ(a.source, b.source);
  ASSERT_OK_AND_ASSIGN(const Study c, ParseStudy(a.source, nullptr));
  EXPECT_EQ(c.source, a.source);
  EXPECT_EQ(c.schema, a.schema);
  EXPECT_EQ(c.analyses[1].params.values, a.analyses[1].params.values);
}

TEST(Study, CohortIsIncludeNotExcludeAndWhere) {
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  ASSERT_OK_AND_ASSIGN(
      const PersonTable table,
      PersonTable::Make(study.schema, {{20, 95, 50}, {1, 1, 0}, {10957, 10957, 10957}}));
  ASSERT_OK_AND_ASSIGN(const Expression all, CohortOf(study, study.analyses[0]));
  EXPECT_THAT(all.Matches(table), ElementsAre(0, 1));
  ASSERT_OK_AND_ASSIGN(const Expression some, CohortOf(study, study.analyses[1]));
  EXPECT_THAT(some.Matches(table), ElementsAre(0));
}

std::string With(std::string from, std::string to) {
  std::string text = kStudy;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Study, PointsAtEachFault) {
  const std::pair<std::string, const char*> faults[] = {
      {With("essaim: 1", "essaim: 2"), "1:9: essaim: expected essaim: 1"},
      {With("name: heart", "name: Heart!"), "2:7: name: expected 1 to 64 of a-z"},
      {With("title:", "titel:"), "3:8: titel: unknown key, did you mean title?"},
      {With("type: number", "type: nummer"), "unknown type, did you mean number?"},
      {With("range: [18, 100]", "range: [100, 18]"), "the lowest is above the highest"},
      {With("name: age", "name: and"), "this word has a meaning in conditions"},
      {With("levels: [I, \"II\"]", "levels: [I, I]"), "'I' is written twice"},
      {With("[2000-01-01,", "[2000-02-30,"), "not a date, expected YYYY-MM-DD"},
      {With("south, west", "south, south"), "'south' is named twice"},
      {With("age >= 18", "agee >= 18"), "11:19: cohort.include: column 1: "},
      {With("minimum_cohort: 30", "minimum_cohort: 0"), "privacy.minimum_cohort: expected a whole"},
      {With("minimum_cohort: 30", "minimum_sites: 4"), "the study has 3 sites"},
      {With("on_dropout: continue", "on_dropout: ignore"), "expected wait or continue"},
      {With("model: model", "model: modle"), "no earlier analysis has this name"},
      {With("name: counts", "name: model"), "another analysis has this name"},
      {With("where: age < 90", "where: age <"), "analyses[1] (model).where: column 6"},
      {With("ridge: 0.5", "ridge: {a: 1}"), "parameters.ridge: expected a number, true, false"},
  };
  for (const auto& [text, message] : faults) {
    EXPECT_THAT(ParseStudy(text, nullptr),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(message)));
  }
  EXPECT_THAT(ParseStudy(With("title:", "titel:").replace(0, 9, "essaim: 7"), nullptr),
              StatusIs(StatusCode::kInvalidArgument, AllOf(HasSubstr("1:9"), HasSubstr("3:8"))));
}

TEST(Study, RefusesWhatYamlCouldDo) {
  EXPECT_THAT(ParseStudy("a: &x [1]\nb: [*x, *x]\n", nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("1:4: anchors")));
  EXPECT_THAT(ParseStudy("a: !!python/object 1\n", nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("tags")));
  EXPECT_THAT(ParseStudy("a: 1\na: 2\n", nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("2:1: this key is given twice")));
  EXPECT_THAT(ParseStudy("a: [1\nb: 2", nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("not valid YAML")));
  EXPECT_THAT(ParseStudy(std::string(100'000, '['), nullptr),
              testing::HasCode(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseStudy(std::string(limits::kStudyBytesMax + 1, 'a'), nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("bytes, expected at most")));
  EXPECT_THAT(ParseStudy("", nullptr), StatusIs(StatusCode::kInvalidArgument, HasSubstr("empty")));
  EXPECT_THAT(ParseStudy("---\na: 1\n---\nb: 1\n", nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("two documents")));
}

TEST(Study, RefusesBytesThatAreNoText) {
  std::string study = kStudy;
  const std::size_t at = study.find("disease");
  study[at] = '\xFF';
  EXPECT_THAT(ParseStudy(study, nullptr),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("3:16: a byte that is no UTF-8")));
}

TEST(ParseDate, KnowsTheCalendar) {
  EXPECT_EQ(*ParseDate("1970-01-01"), 0);
  EXPECT_EQ(*ParseDate("2024-02-29"), 19782);
  EXPECT_EQ(*ParseDate("1969-12-31"), -1);
  for (const char* bad :
       {"2023-02-29", "2023-13-01", "2023-1-01", "01/02/2023", "2023-01-0x", ""}) {
    EXPECT_FALSE(ParseDate(bad).ok()) << bad;
  }
}

Registry TestRegistry() {
  Registry registry;
  registry.Add({.name = "test/one",
                .title = "One",
                .description = "One.",
                .params = {{.name = "by", .type = ParamType::kVariable, .required = true},
                           {.name = "bins", .type = ParamType::kInteger, .lower = 1, .upper = 9}},
                .make = [](const Setup&) -> absl::StatusOr<std::unique_ptr<Algorithm>> {
                  return absl::InvalidArgumentError("only the algorithm can tell");
                },
                .examples = [] { return std::vector<Params>(); }});
  return registry;
}

TEST(CheckStudyAgainst, NamesEveryFault) {
  ASSERT_OK_AND_ASSIGN(Study study, ParseStudy(kStudy, nullptr));
  study.analyses.resize(2);
  study.analyses[0].algorithm = "test/on";
  study.analyses[1].algorithm = "test/one";
  study.analyses[1].params.values = {{"by", std::string("age")}, {"bins", 12.0}};
  EXPECT_THAT(CheckStudyAgainst(study, TestRegistry()),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("analyses[0] (counts): "), HasSubstr("test/one"),
                             HasSubstr("analyses[1] (model): "), HasSubstr("bins"))));
}

TEST(StudyJsonSchema, DescribesParametersByAlgorithm) {
  const auto json = nlohmann::json::parse(StudyJsonSchema(TestRegistry()));
  EXPECT_EQ(json["required"],
            nlohmann::json::array({"essaim", "name", "data", "sites", "analyses"}));
  EXPECT_EQ(json["properties"]["privacy"]["required"], nlohmann::json::array());
  const auto& item = json["properties"]["analyses"]["items"];
  EXPECT_EQ(item["properties"]["algorithm"]["enum"], nlohmann::json::array({"test/one"}));
  const auto& rule = item["allOf"][0];
  EXPECT_EQ(rule["if"]["properties"]["algorithm"]["const"], "test/one");
  EXPECT_EQ(rule["then"]["required"], nlohmann::json::array({"parameters"}));
  const auto& params = rule["then"]["properties"]["parameters"];
  EXPECT_EQ(params["required"], nlohmann::json::array({"by"}));
  EXPECT_EQ(params["properties"]["bins"]["maximum"], 9);
  const auto& schema = json["properties"]["data"]["anyOf"][0]["properties"]["schema"]["anyOf"];
  ASSERT_EQ(schema.size(), 2u);
  EXPECT_EQ(schema[1]["items"]["required"], nlohmann::json::array({"name", "type"}));
  EXPECT_EQ(schema[1]["items"]["properties"]["levels"]["items"]["anyOf"][1]["required"],
            nlohmann::json::array({"name"}));
}

}  // namespace
}  // namespace essaim
