#include "cohort/extraction.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "cohort/count_once.h"
#include "cohort/objections.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::cohort {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kStudy[] = R"yaml(essaim: 1
name: stroke
data:
  omop: |
    cohort:
      cohort: stroke
      concepts: {stroke: [{id: 10, descendants: false}], pressure: [{id: 30, descendants: false}]}
      entry: {events: [{condition: stroke}]}
    variables:
      - {name: age, type: integer, range: [0, 110], from: age}
      - {name: female, type: boolean, from: {sex: 8532}}
      - {name: sex, type: category, levels: [f, m], from: {sex: {f: 8532, m: 8507}}}
      - {name: visits, type: integer, range: [0, 1], from: {visit: any, within: [start, 0]}}
      - {name: pressure, type: number, range: [50, 200],
         from: {measurement: pressure, within: [-30, 0], units: {1: 1, 2: {factor: 10}}}}
      - {name: died, type: boolean, from: {outcome: {death: any}, take: event, horizon: 100}}
      - {name: days, type: number, range: [0, 100],
         from: {outcome: {death: any}, take: days, horizon: 100}}
sites: [a, b, c]
quality: {volume: to_watch, bias: passed}
cohort: {include: age >= 18}
analyses:
  - {name: count, algorithm: descriptive/count}
)yaml";

class ExtractionTest : public ::testing::TestWithParam<const char*> {
 protected:
  ExtractionTest() : folder_(testing::TempPath("extraction_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    EXPECT_OK(CreateCdm(*engine_));
  }

  ~ExtractionTest() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Sql(const std::string& sql) { EXPECT_OK(engine_->Execute(sql)) << sql; }

  void Fill() {
    for (int p = 1; p <= 4; ++p) {
      const std::string id = std::to_string(p);
      Sql("INSERT INTO person (person_id, gender_concept_id, year_of_birth) VALUES (" + id + ", " +
          (p % 2 == 0 ? "8507" : "8532") + ", " + (p == 4 ? "2010" : "1950") + ")");
      Sql("INSERT INTO observation_period (observation_period_id, person_id, "
          "observation_period_start_date, observation_period_end_date) VALUES (" +
          id + ", " + id + ", DATE '2010-01-01', DATE '2022-12-31')");
      Sql("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
          "condition_concept_id, condition_start_date) VALUES (" +
          id + ", " + id + ", 10, DATE '2020-06-01')");
    }
    Sql("INSERT INTO measurement (measurement_id, person_id, measurement_concept_id, "
        "measurement_date, value_as_number, unit_concept_id) VALUES (1, 1, 30, DATE '2020-05-20', "
        "120, 1), (2, 2, 30, DATE '2020-05-20', 13, 2), (3, 3, 30, DATE '2020-05-20', 900, 1)");
    Sql("INSERT INTO death (person_id, death_date) VALUES (2, DATE '2020-06-11')");
    Sql("INSERT INTO visit_occurrence (visit_occurrence_id, person_id, visit_concept_id, "
        "visit_start_date, visit_end_date) VALUES (1, 1, 9, DATE '2019-01-01', DATE '2019-01-01'), "
        "(2, 3, 9, DATE '2019-01-01', DATE '2019-01-01'), (3, 3, 9, DATE '2019-02-01', DATE "
        "'2019-02-01')");
  }

  std::vector<double> Column(const FrozenCohort& cohort, std::size_t v) {
    std::vector<double> values;
    for (double x : cohort.table.column(v)) values.push_back(PersonTable::IsMissing(x) ? -1 : x);
    return values;
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

TEST_P(ExtractionTest, GivesThePersonTable) {
  Fill();
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  ASSERT_OK_AND_ASSIGN(const FrozenCohort cohort,
                       FreezeExtraction(*engine_, study, study.analyses[0], 0, "2023-01-01"));
  EXPECT_EQ(cohort.n_rows, 3u);  // the fourth is a child
  EXPECT_THAT(Column(cohort, 0), ElementsAre(70, 70, 70));
  EXPECT_THAT(Column(cohort, 1), ElementsAre(1, 0, 1));
  EXPECT_THAT(Column(cohort, 2), ElementsAre(0, 1, 0));
  EXPECT_THAT(Column(cohort, 3), ElementsAre(1, 0, -1));      // two visits are outside the range
  EXPECT_THAT(Column(cohort, 4), ElementsAre(120, 130, -1));  // so is a pressure of 900
  EXPECT_THAT(Column(cohort, 5), ElementsAre(0, 1, 0));
  EXPECT_THAT(Column(cohort, 6), ElementsAre(100, 10, 100));
  // Frozen: the same again, another once a value is another.
  ASSERT_OK_AND_ASSIGN(const FrozenCohort again,
                       FreezeExtraction(*engine_, study, study.analyses[0], 0, "2023-01-01"));
  EXPECT_EQ(again.snapshot_id, cohort.snapshot_id);
  Sql("UPDATE measurement SET value_as_number = 121 WHERE measurement_id = 1");
  ASSERT_OK_AND_ASSIGN(const FrozenCohort changed,
                       FreezeExtraction(*engine_, study, study.analyses[0], 0, "2023-01-01"));
  EXPECT_NE(changed.snapshot_id, cohort.snapshot_id);
}

TEST_P(ExtractionTest, MissingValuesHaveARule) {
  Fill();
  std::string text = kStudy;
  const auto replace = [&](const char* from, const char* to) {
    text.replace(text.find(from), std::string(from).size(), to);
  };
  replace("within: [start, 0]}}", "within: [start, 0], missing: 1}}");  // visits
  replace("units: {1: 1, 2: {factor: 10}}", "units: {1: 1, 2: {factor: 10}}, missing: exclude");
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(text, nullptr));
  ASSERT_OK_AND_ASSIGN(const FrozenCohort cohort,
                       FreezeExtraction(*engine_, study, study.analyses[0], 0, "2023-01-01"));
  EXPECT_EQ(cohort.n_rows, 2u);  // the third has no plausible pressure
  EXPECT_THAT(Column(cohort, 3), ElementsAre(1, 0));
  EXPECT_THAT(Column(cohort, 4), ElementsAre(120, 130));
}

TEST_P(ExtractionTest, TellsHowFarPersonsCame) {
  Fill();
  Sql("INSERT INTO essaim_opt_out VALUES (3, 'all', NULL, NULL)");
  Sql("DELETE FROM condition_occurrence WHERE person_id = 2");
  std::string text = kStudy;
  const auto replace = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("      entry: {events: [{condition: stroke}]}\n",
          "      entry: {events: [{condition: stroke}]}\n"
          "      include: [{name: adult, all: [{person: {age: {at_least: 18}}}]}]\n");
  replace("sites: [a, b, c]\nquality",
          "    steps: [entry, adults, cohort]\n    sites: [a, b, c]\nsites: [a, b, c]\nquality");
  replace("cohort: {include: age >= 18}\n", "");
  const auto parsed = ParseStudy(text, nullptr);
  ASSERT_OK(parsed.status());
  const Study& study = *parsed;
  ASSERT_EQ(study.schema.size(), 9u);
  ASSERT_OK_AND_ASSIGN(const FrozenCohort cohort,
                       FreezeExtraction(*engine_, study, study.analyses[0], 1, "2023-01-01"));
  // The first is in the cohort, the fourth is a child; the second has no entry event, the third
  // objects.
  ASSERT_EQ(cohort.n_rows, 2u);
  EXPECT_THAT(Column(cohort, 0), ElementsAre(70, 10));
  EXPECT_THAT(Column(cohort, 7), ElementsAre(2, 0));
  EXPECT_THAT(Column(cohort, 8), ElementsAre(1, 1));
  // The names are of other steps than the cohort has.
  replace("steps: [entry, adults, cohort]", "steps: [entry, cohort]");
  ASSERT_OK_AND_ASSIGN(const Study wrong, ParseStudy(text, nullptr));
  EXPECT_THAT(ParseExtraction(wrong.omop, wrong.schema),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("names for the 3 steps")));
}

TEST_P(ExtractionTest, ObjectionsHold) {
  Fill();
  Sql("INSERT INTO essaim_opt_out VALUES (1, 'all', NULL, NULL), (2, 'ai', NULL, NULL), "
      "(3, 'project:stroke', DATE '2024-01-01', NULL)");
  ASSERT_OK_AND_ASSIGN(Study study, ParseStudy(kStudy, nullptr));
  const auto count = [&](const char* day) {
    const auto cohort = FreezeExtraction(*engine_, study, study.analyses[0], 0, day);
    EXPECT_OK(cohort.status());
    return cohort.ok() ? cohort->n_rows : 0;
  };
  EXPECT_EQ(count("2023-01-01"), 2u);
  EXPECT_EQ(count("2024-01-01"), 1u);
  study.analyses[0].algorithm = "regression/glm";
  EXPECT_EQ(count("2023-01-01"), 1u);
}

TEST_P(ExtractionTest, AnObjectionGoesWithAMergedPerson) {
  Fill();
  Sql("INSERT INTO essaim_opt_out VALUES (9, 'all', NULL, NULL)");
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  const auto count = [&] {
    const auto cohort = FreezeExtraction(*engine_, study, study.analyses[0], 0, "2023-01-01");
    EXPECT_OK(cohort.status());
    return cohort.ok() ? cohort->n_rows : 0;
  };
  EXPECT_EQ(count(), 3u);
  Sql("INSERT INTO essaim_merged VALUES (1, 9, 2)");
  EXPECT_EQ(count(), 2u);
}

TEST_P(ExtractionTest, WhomAnotherSiteCountsIsNotCountedHere) {
  Fill();
  ASSERT_OK_AND_ASSIGN(Study study,
                       ParseStudy(std::string(kStudy) + "count_once: stroke-once\n", nullptr));
  ASSERT_OK_AND_ASSIGN(const Study again, ParseStudy(study.source, nullptr));
  EXPECT_EQ(again.count_once, "stroke-once");
  const auto freeze = [&] {
    return FreezeExtraction(*engine_, study, study.analyses[0], 0, "2023-01-01");
  };
  EXPECT_THAT(freeze(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 HasSubstr("'stroke-once', which this site does not have")));
  ASSERT_OK(StoreLinkage(*engine_, "stroke-once", {"a", "b"}, {}, 1));
  EXPECT_THAT(freeze(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 HasSubstr("in which c took no part")));
  const std::string id(32, 'a');
  // This is site b: person 1 is counted here, 2 at a, 3 at c and else at d.
  ASSERT_OK(StoreLinkage(*engine_, "stroke-once", {"a", "b", "c", "d"},
                         {{1, id, {}}, {2, id, {"a"}}, {3, id, {"c", "d"}}}, 2));
  ASSERT_OK_AND_ASSIGN(const FrozenCohort three, freeze());
  EXPECT_EQ(three.n_rows, 1u);
  study.sites = {"a", "b"};
  ASSERT_OK_AND_ASSIGN(const FrozenCohort two, freeze());
  EXPECT_EQ(two.n_rows, 2u);
  EXPECT_NE(two.definition_hash, three.definition_hash);
  study.count_once.clear();
  ASSERT_OK_AND_ASSIGN(const FrozenCohort each, freeze());
  EXPECT_EQ(each.n_rows, 3u);
  study.count_once = "stroke-once";
  // Another project's links are its own.
  ASSERT_OK(StoreLinkage(*engine_, "other", {"a", "b"}, {{1, id, {"a"}}}, 3));
  ASSERT_OK_AND_ASSIGN(const FrozenCohort same, freeze());
  EXPECT_EQ(same.snapshot_id, two.snapshot_id);
  ASSERT_OK_AND_ASSIGN(const std::int64_t removed, RemoveLinkage(*engine_, "stroke-once"));
  EXPECT_EQ(removed, 4);
  EXPECT_THAT(freeze(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("does not have")));
}

TEST_P(ExtractionTest, ObjectionsAreKeptAndTakenBack) {
  Fill();
  ASSERT_OK(
      AddObjections(*engine_, {{.person_id = 1},
                               {.person_id = 1},
                               {.person_id = 2, .scope = "project:x", .from = "2020-01-01"}}));
  ASSERT_OK_AND_ASSIGN(const std::vector<Objection> kept, Objections(*engine_));
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[1].from, "2020-01-01");
  EXPECT_THAT(AddObjections(*engine_, {{.person_id = 3}, {.person_id = 99}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("objection 2")));
  EXPECT_THAT(AddObjections(*engine_, {{.person_id = 3, .scope = "some"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("all, ai or project")));
  EXPECT_THAT(AddObjections(*engine_, {{.person_id = 3, .from = "2020-02-30"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("YYYY-MM-DD")));
  ASSERT_OK_AND_ASSIGN(const std::int64_t removed, RemoveObjections(*engine_, 1, "all"));
  EXPECT_EQ(removed, 1);
  ASSERT_OK_AND_ASSIGN(const auto rest, Objections(*engine_));
  EXPECT_EQ(rest.size(), 1u);
}

TEST_P(ExtractionTest, AStudyIsEqualToItsOwnSource) {
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(kStudy, nullptr));
  ASSERT_OK_AND_ASSIGN(const Study again, ParseStudy(study.source, nullptr));
  EXPECT_EQ(again.source, study.source);
  EXPECT_EQ(again.omop, study.omop);
  EXPECT_EQ(again.quality.at("bias"), "passed");
}

TEST(Extraction, FaultsAreNamed) {
  const auto fault = [](const std::string& variable) {
    const std::string text =
        "cohort: {cohort: c, concepts: {s: [1]}, entry: {events: [{condition: s}]}}\nvariables:\n"
        "  - {name: v, " +
        variable + "}\n";
    const Schema schema = *Schema::Make(
        {Variable{.name = "v",
                  .kind = variable.find("boolean") != std::string::npos ? VariableKind::kBoolean
                                                                        : VariableKind::kNumber}});
    return ParseExtraction(text, schema).status();
  };
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_OK(fault("type: boolean, from: {condition: s, within: [start, 0]}"));
  EXPECT_THAT(fault("type: boolean"), is("3:5: variables[0] (v).from: missing"));
  EXPECT_THAT(fault("type: boolean, from: {condition: t}"), is("a concept set of the cohort"));
  EXPECT_THAT(fault("type: boolean, from: {conditon: s}"), is("condition"));
  EXPECT_THAT(fault("type: number, from: {condition: s, take: any}"), is("any gives a boolean"));
  EXPECT_THAT(fault("type: number, from: {condition: s, within: [a, 0]}"), is("days, or start"));
  EXPECT_THAT(fault("type: number, from: {measurement: s, units: {x: 1}}"), is("unit's concept"));
  EXPECT_THAT(fault("type: number, from: {measurement: s, units: ucum}"), is("no unit to convert"));
  EXPECT_THAT(fault("type: number, from: {measurement: s, molar_mass: 2}"), is("units: ucum"));
  EXPECT_THAT(fault("type: number, from: {condition: s, take: mean}"), is("expected one of any"));
  EXPECT_THAT(fault("type: number, from: {condition: s, gap: 3}"), is("of readmissions"));
  EXPECT_THAT(fault("type: number, from: {elixhauser: gout}"), is("expected true, or a group"));
  EXPECT_THAT(fault("type: boolean, from: {charlson: true}"), is("the score is a number"));
  EXPECT_THAT(fault("type: boolean, from: {order: [{drug: s}]}"), is("expected two events"));
  EXPECT_THAT(fault("type: boolean, from: {condition: s, missing: 3}"), is(".missing: expected"));
  EXPECT_OK(fault("type: boolean, from: {order: [{drug: s}, {visit: any}], within: [0, end]}"));
  EXPECT_OK(fault("type: number, from: {elixhauser: true, within: [-365, 0], weights: count}"));
  EXPECT_OK(fault("type: boolean, from: {charlson: renal, codes: icd10, missing: false}"));
  EXPECT_OK(fault("type: boolean, from: {visit: any, take: readmissions, gap: 30}"));
  EXPECT_THAT(fault("type: number, from: {sex: 1}"), is("for a boolean"));
  EXPECT_THAT(fault("type: number, from: {outcome: {death: any}, take: event}"), is("boolean"));
  EXPECT_THAT(fault("type: number, from: {outcome: {death: any}, horizon: 0}"), is("days"));
  EXPECT_THAT(fault("type: number, from: {outcome: {death: any}, horizon: 2}"),
              is("beyond the variable's range"));
  EXPECT_THAT(fault("type: number, from: {condition: s, within: [2, 1]}"),
              is("the window ends before it starts"));
  EXPECT_OK(fault("type: number, from: {outcome: {death: any}, within: [1, end]}"));
  for (const char* window : {"[1, 30]", "[start, end]", "[-1, end]"}) {
    EXPECT_THAT(
        fault(absl::StrCat("type: number, from: {outcome: {death: any}, within: ", window, "}")),
        is("expected [N, end] of an outcome"));
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, ExtractionTest, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::cohort
