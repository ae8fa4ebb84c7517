#include "cohort/run_cohorts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/testing/status_matchers.h"
#include "cohort/cdm_testing.h"
#include "cohort/yaml_format.h"

namespace essaim::cohort {
namespace {

using absl::StatusCode;
using absl::StrCat;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::StatusIs;

constexpr char kData[] = ESSAIM_SOURCE_DIR "/tests/data/";

class RunCohortsTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto made = TestCdm::Make(GetParam());
    ASSERT_TRUE(made.ok()) << made.status();
    cdm_ = *std::move(made);
  }

  void Sql(const std::string& sql) {
    const absl::Status done = cdm_->engine().Execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }

  std::vector<std::string> Rows(int id) {
    const auto rows = cdm_->engine().Query(
        StrCat("SELECT subject_id, cohort_start_date, cohort_end_date FROM cohort WHERE "
               "cohort_definition_id = ",
               id, " ORDER BY 1, 2, 3"));
    return rows.ok() ? Lines(*rows) : std::vector<std::string>{rows.status().ToString()};
  }

  RunReport Run(const std::vector<NumberedDefinition>& definitions,
                const RunOptions& options = {}) {
    auto report = RunCohorts(cdm_->engine(), definitions, options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : RunReport{};
  }

  CohortResult RunYaml(const std::string& yaml, const RunOptions& options = {}) {
    auto definition = ParseCohortYaml(yaml);
    EXPECT_TRUE(definition.ok()) << definition.status();
    if (!definition.ok()) return {};
    const RunReport report = Run({{1, *std::move(definition)}}, options);
    notices_ = report.notices;
    return report.cohorts.empty() ? CohortResult{} : report.cohorts[0];
  }

  // Three persons, observed 2010-01-01 to 2012-12-31; concept 1 is above 2 and 3.
  void MakeSmall() {
    for (int person = 1; person <= 3; ++person) {
      Sql(StrCat("INSERT INTO person (person_id, gender_concept_id, year_of_birth) VALUES (",
                 person, ", ", person == 1 ? 8507 : 8532, ", ", 1940 + 20 * person, ")"));
      Sql(
          StrCat("INSERT INTO observation_period (observation_period_id, person_id, "
                 "observation_period_start_date, observation_period_end_date) VALUES (",
                 person, ", ", person, ", DATE '2010-01-01', DATE '2012-12-31')"));
    }
    for (int id = 1; id <= 9; ++id) {
      Sql(StrCat("INSERT INTO concept (concept_id, concept_name) VALUES (", id, ", 'c')"));
    }
    Sql("INSERT INTO concept_ancestor (ancestor_concept_id, descendant_concept_id) VALUES (1,1), "
        "(1,2), (1,3), (2,2), (3,3)");
  }

  void Condition(int person, int concept_id, const std::string& start,
                 const std::string& end = "") {
    Sql(
        StrCat("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
               "condition_concept_id, condition_start_date, condition_end_date) VALUES (",
               ++next_, ", ", person, ", ", concept_id, ", DATE '", start, "', ",
               end.empty() ? "NULL" : StrCat("DATE '", end, "'"), ")"));
  }

  void Drug(int person, int concept_id, const std::string& start, int days) {
    Sql(
        StrCat("INSERT INTO drug_exposure (drug_exposure_id, person_id, drug_concept_id, "
               "drug_exposure_start_date, days_supply) VALUES (",
               ++next_, ", ", person, ", ", concept_id, ", DATE '", start, "', ", days, ")"));
  }

  std::unique_ptr<TestCdm> cdm_;
  std::vector<std::string> notices_;
  int next_ = 0;
};

constexpr char kSimple[] = R"(cohort: sick
concepts:
  sick: [1]
  drug: [7]
entry:
  events: [{condition: sick}]
)";

TEST_P(RunCohortsTest, DescendantsAndExclusions) {
  MakeSmall();
  Condition(1, 2, "2010-05-01");
  Condition(2, 3, "2010-06-01");
  EXPECT_EQ(RunYaml(StrCat(kSimple, "exit: {days: 0}\n")).persons, 2);
  const std::string excluding =
      absl::StrReplaceAll(kSimple, {{"sick: [1]", "sick: [1, {id: 3, exclude: true}]"}});
  RunYaml(StrCat(excluding, "exit: {days: 0}\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-05-01"));
  const std::string alone =
      absl::StrReplaceAll(kSimple, {{"sick: [1]", "sick: [{id: 1, descendants: false}]"}});
  EXPECT_EQ(RunYaml(alone).persons, 0);
}

TEST_P(RunCohortsTest, SaysWhatTheVocabularyLacks) {
  MakeSmall();
  Condition(1, 1, "2010-05-01");
  Condition(2, 2, "2010-05-01");
  Sql("DELETE FROM concept_ancestor");
  EXPECT_EQ(RunYaml(kSimple).persons, 1);
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("concept_ancestor is empty")));
  Sql("DELETE FROM concept");
  EXPECT_EQ(RunYaml(kSimple).persons, 1);
  EXPECT_THAT(notices_, Contains(HasSubstr("the table concept is empty")));
}

TEST_P(RunCohortsTest, ExitsErasAndWindows) {
  MakeSmall();
  Condition(1, 1, "2010-05-01", "2010-05-05");
  Condition(1, 1, "2010-05-20");
  Condition(2, 1, "2012-12-20");
  RunYaml(StrCat(kSimple, "keep: all\nexit: observation\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2012-12-31", "2,2012-12-20,2012-12-31"));
  RunYaml(StrCat(kSimple, "keep: all\nexit: {days: 2, after: end}\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-05-07", "1,2010-05-20,2010-05-23",
                                   "2,2012-12-20,2012-12-23"));
  // The second event starts 13 days after the first row's end.
  RunYaml(StrCat(kSimple, "keep: all\nexit: {days: 2, after: end}\nera_gap: 13\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-05-23", "2,2012-12-20,2012-12-23"));
  RunYaml(StrCat(kSimple, "keep: all\nexit: {days: 2, after: end}\nera_gap: 12\n"));
  EXPECT_EQ(Rows(1).size(), 3U);
  RunYaml(StrCat(kSimple, "keep: last\nexit: {days: 30}\nwindow: {until: 2012-12-22}\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-20,2010-06-19", "2,2012-12-20,2012-12-22"));
}

TEST_P(RunCohortsTest, DrugEraAndCensoringEndARow) {
  MakeSmall();
  Condition(1, 1, "2010-05-01");
  Drug(1, 7, "2010-04-20", 30);  // to 05-20
  Drug(1, 7, "2010-05-25", 10);  // to 06-04, 5 days later
  RunYaml(StrCat(kSimple, "exit: {drug_era: drug, gap: 5}\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-06-04"));
  RunYaml(StrCat(kSimple, "exit: {drug_era: drug, gap: 4, offset: 1}\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-06-05"));
  RunYaml(StrCat(kSimple, "exit: {drug_era: drug, gap: 4}\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-05-20"));
  RunYaml(StrCat(kSimple, "censor: [{drug: drug}]\n"));
  EXPECT_THAT(Rows(1), ElementsAre("1,2010-05-01,2010-05-25"));
}

TEST_P(RunCohortsTest, AttritionCountsThePersonsLeft) {
  MakeSmall();
  for (int person = 1; person <= 3; ++person) Condition(person, 1, "2011-05-01");
  Condition(3, 1, "2011-03-01");
  Drug(1, 7, "2011-05-02", 5);
  Drug(2, 7, "2011-05-02", 5);
  const CohortResult result = RunYaml(StrCat(kSimple, R"(washout: 180
include:
  - name: treated
    all: [{drug: drug, within: [0, 7]}]
exclude:
  - name: men
    any: [{person: {gender: [8507]}}]
)"));
  std::vector<std::string> steps;
  for (const AttritionStep& step : result.attrition)
    steps.push_back(StrCat(step.name, " ", step.persons));
  // Person 3 passes the washout with the event of March and is not treated.
  EXPECT_THAT(steps, ElementsAre("entry events 3", "no entry event in the 180 days before 3",
                                 "treated 2", "not: men 1", "cohort 1"));
  EXPECT_EQ(result.hash.size(), 64U);
}

TEST_P(RunCohortsTest, OptOutsAreInNoCohort) {
  MakeSmall();
  for (int person = 1; person <= 3; ++person) Condition(person, 1, "2011-05-01");
  Sql("CREATE TABLE opt_out (person_id BIGINT, scope VARCHAR, \"from\" DATE, until DATE)");
  Sql("INSERT INTO opt_out VALUES (1, 'all', DATE '2020-01-01', NULL), (2, 'research', DATE "
      "'2020-01-01', DATE '2021-01-01'), (3, 'teaching', DATE '2020-01-01', NULL)");
  const auto persons = [&](const std::string& scope, const std::string& day) {
    RunOptions options;
    options.opt_out = OptOut{"opt_out", {scope}, day};
    const CohortResult result = RunYaml(kSimple, options);
    EXPECT_EQ(result.attrition.at(0).persons, result.persons);
    return result.persons;
  };
  EXPECT_EQ(persons("research", "2020-06-01"), 1);
  EXPECT_EQ(persons("research", "2021-01-01"), 1);
  EXPECT_EQ(persons("research", "2021-01-02"), 2);
  EXPECT_EQ(persons("teaching", "2021-01-02"), 1);
  EXPECT_EQ(persons("research", "2019-12-31"), 3);
}

TEST_P(RunCohortsTest, RefusesWhatItCannotRunAndChangesNothing) {
  MakeSmall();
  Condition(1, 1, "2011-05-01");
  const Definition definition = *ParseCohortYaml(kSimple);
  Run({{1, definition}});
  EXPECT_THAT(RunCohorts(cdm_->engine(), {{1, definition}, {1, definition}}, {}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("id 1")));
  EXPECT_THAT(RunCohorts(cdm_->engine(), {{1, definition}}, {.target = "cohort; DROP"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("target")));
  RunOptions options;
  options.opt_out = OptOut{"opt_out", {}, "2020-13-01"};
  EXPECT_FALSE(RunCohorts(cdm_->engine(), {{1, definition}}, options).ok());
  options.opt_out->as_of = "2020-12-01";  // but there is no such table
  EXPECT_FALSE(RunCohorts(cdm_->engine(), {{1, definition}}, options).ok());
  EXPECT_EQ(Rows(1).size(), 1U);
  EXPECT_EQ(Run({{1, definition}}).cohorts[0].rows, 1);  // nothing is left over
  EXPECT_THAT(Run({}).cohorts, IsEmpty());
}

TEST_P(RunCohortsTest, RunsOnSynthea) {
  ASSERT_TRUE(cdm_->Load(StrCat(kData, "omop/synthea27")).ok());
  const CohortResult result = RunYaml(R"(cohort: sinusitis treated at a visit
concepts:
  sinusitis: [40481087, 257012]
entry:
  events: [{condition: sinusitis}]
  keep: first
include:
  - name: seen on the day
    all: [{visit: any, within: [0, 0]}]
)");
  EXPECT_GT(result.persons, 0);
  EXPECT_EQ(result.rows, result.persons);
}

INSTANTIATE_TEST_SUITE_P(Engines, RunCohortsTest, ::testing::ValuesIn(TestEngines::kNames));

}  // namespace
}  // namespace essaim::cohort
