#include "cohort/variables.h"

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "cohort/cdm_testing.h"

namespace essaim::cohort {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;
using Kind = PersonVariable::Kind;
using Summary = PersonVariable::Summary;

constexpr int kStroke = 1, kGlucose = 2, kDrugs = 3;

class VariablesTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto made = TestCdm::Make(GetParam());
    ASSERT_TRUE(made.ok()) << made.status();
    cdm_ = *std::move(made);
    // Person 1 was born on the day after the index date's; person 2's day of birth is unknown.
    Sql("INSERT INTO person (person_id, gender_concept_id, year_of_birth, month_of_birth, "
        "day_of_birth) VALUES (1, 8507, 1950, 6, 2), (2, 8532, 1960, NULL, NULL)");
    Sql("INSERT INTO observation_period (observation_period_id, person_id, "
        "observation_period_start_date, observation_period_end_date) VALUES (1, 1, DATE "
        "'2008-01-01', DATE '2012-06-01'), (2, 2, DATE '2008-01-01', DATE '2010-12-31')");
    Sql("INSERT INTO cohort (cohort_definition_id, subject_id, cohort_start_date, cohort_end_date) "
        "VALUES (1, 1, DATE '2010-06-01', DATE '2010-07-01'), (1, 1, DATE '2011-06-01', DATE "
        "'2011-07-01'), (1, 2, DATE '2010-06-01', DATE '2010-06-01'), (2, 2, DATE '2009-01-01', "
        "DATE '2009-01-01')");
    request_.cohort_id = 1;
    request_.concept_sets = {{kStroke, "stroke", {{443454}}},
                             {kGlucose, "glucose", {{3004501}}},
                             {kDrugs, "drugs", {{1503297}}}};
  }

  void Sql(const std::string& sql) {
    const absl::Status done = cdm_->engine().Execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }

  void Condition(int person, int concept_id, const std::string& day) {
    Sql(
        absl::StrCat("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
                     "condition_concept_id, condition_start_date) VALUES (",
                     ++next_, ", ", person, ", ", concept_id, ", DATE '", day, "')"));
  }

  void Measure(int person, double value, int unit, const std::string& day) {
    Sql(
        absl::StrCat("INSERT INTO measurement (measurement_id, person_id, measurement_concept_id, "
                     "measurement_date, value_as_number, unit_concept_id) VALUES (",
                     ++next_, ", ", person, ", 3004501, DATE '", day, "', ", value, ", ",
                     unit == 0 ? std::string("NULL") : absl::StrCat(unit), ")"));
  }

  std::vector<std::string> Run() {
    const auto prepared = PrepareVariables(cdm_->engine(), request_);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    if (!prepared.ok()) return {};
    columns_ = prepared->columns;
    const auto rows = cdm_->engine().Query(prepared->sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? Lines(*rows) : std::vector<std::string>{};
  }

  PersonVariable& Add(const std::string& name, Kind kind, int set = 0) {
    PersonVariable& variable = request_.variables.emplace_back();
    variable.name = name;
    variable.kind = kind;
    variable.concept_set = set;
    return variable;
  }

  std::unique_ptr<TestCdm> cdm_;
  VariableRequest request_;
  std::vector<std::string> columns_;
  int next_ = 0;
};

TEST_P(VariablesTest, AgeAndSexAtTheFirstRow) {
  Add("age", Kind::kAge);
  Add("sex", Kind::kSex);
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,59,8507", "2,2010-06-01,50,8532"));
  EXPECT_THAT(columns_, ElementsAre("age", "sex"));
}

TEST_P(VariablesTest, EventsInTheWindow) {
  Condition(1, 443454, "2009-06-01");  // day -365
  Condition(1, 443454, "2010-05-31");  // day -1
  Condition(1, 443454, "2010-06-01");  // day 0
  Condition(1, 111, "2010-05-01");
  for (const auto& [name, kind] :
       {std::pair("prior", Kind::kAny), std::pair("n", Kind::kCount),
        std::pair("first", Kind::kFirstDate), std::pair("last", Kind::kLastDate),
        std::pair("since", Kind::kDaysSince)}) {
    Add(name, kind, kStroke).window = {-365, -1};
  }
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,1,2,2009-06-01,2010-05-31,1",
                                 "2,2010-06-01,0,0,NULL,NULL,NULL"));
  for (PersonVariable& variable : request_.variables) variable.window = {-364, std::nullopt};
  EXPECT_EQ(Run()[0], "1,2010-06-01,1,2,2010-05-31,2010-06-01,0");
}

TEST_P(VariablesTest, MeasurementsAreConvertedAndHeldToTheRange) {
  Measure(1, 90, 8840, "2010-01-01");   // mg/dL: 4.995 mmol/L
  Measure(1, 6, 8753, "2010-02-01");    // mmol/L
  Measure(1, 900, 8753, "2010-03-01");  // implausible
  Measure(1, 7, 9999, "2010-04-01");    // in a unit that is not listed
  Measure(1, 5, 0, "2010-05-01");       // without a unit
  Measure(1, 8, 8753, "2010-06-02");    // after the index date
  for (const auto& [name, summary] :
       {std::pair("last", Summary::kLast), std::pair("first", Summary::kFirst),
        std::pair("mean", Summary::kMean), std::pair("low", Summary::kMin),
        std::pair("high", Summary::kMax)}) {
    PersonVariable& variable = Add(name, Kind::kMeasurement, kGlucose);
    variable.summary = summary;
    variable.window = {std::nullopt, 0};
    variable.units = {{8753, 1, 0}, {8840, 0.0555, 0}};
    variable.low = 1;
    variable.high = 60;
  }
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,6,4.995,5.4975,4.995,6",
                                 "2,2010-06-01,NULL,NULL,NULL,NULL,NULL"));
  for (PersonVariable& variable : request_.variables) variable.units.push_back({0, 1, 0});
  EXPECT_EQ(Run()[0].substr(0, 14), "1,2010-06-01,5");
}

TEST_P(VariablesTest, CharlsonCountsTheGraverFormAlone) {
  for (const int id : {201820, 443767, 4329847, 432851, 443392}) {
    Sql(
        absl::StrCat("INSERT INTO concept_ancestor (ancestor_concept_id, descendant_concept_id) "
                     "VALUES (",
                     id, ",", id, ")"));
  }
  Condition(1, 4329847, "2010-01-01");  // 1
  Condition(1, 4329847, "2010-02-01");
  Condition(1, 201820, "2010-01-01");  // less than the next
  Condition(1, 443767, "2010-01-01");  // 2
  Condition(2, 443392, "2010-01-01");  // 2
  Condition(2, 432851, "2010-07-01");  // later
  Add("charlson", Kind::kCharlson).window = {std::nullopt, 0};
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,3", "2,2010-06-01,2"));
  request_.variables[0].window = {};
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,3", "2,2010-06-01,6"));
}

TEST_P(VariablesTest, OutcomesAreCensored) {
  Condition(1, 443454, "2010-05-01");  // before the index date
  Condition(1, 443454, "2010-09-09");  // day 100
  Condition(2, 443454, "2011-02-01");  // after the observation's end, day 213
  Add("stroke", Kind::kOutcome, kStroke);
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,1,100,1", "2,2010-06-01,0,213,0"));
  EXPECT_THAT(columns_, ElementsAre("stroke_event", "stroke_days", "stroke_status"));
  request_.variables[0].horizon_days = 99;
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,0,99,0", "2,2010-06-01,0,99,0"));
  request_.variables[0].horizon_days = 100;
  EXPECT_EQ(Run()[0], "1,2010-06-01,1,100,1");
  Sql("INSERT INTO death (person_id, death_date) VALUES (1, DATE '2010-08-01')");
  EXPECT_EQ(Run()[0], "1,2010-06-01,0,61,2");  // death competes
}

// The days of the first and the last, of different concepts and days.
TEST_P(VariablesTest, EventsAreCountedAndDated) {
  request_.concept_sets.push_back({4, "two", {{443454}, {111}}});
  Condition(1, 443454, "2010-05-02");  // day -30
  Condition(1, 443454, "2010-05-02");
  Condition(1, 111, "2010-05-12");  // day -20
  Condition(1, 111, "2010-06-03");  // day 2
  for (const auto& [name, kind] :
       {std::pair("first", Kind::kFirstDay), std::pair("last", Kind::kLastDay),
        std::pair("concepts", Kind::kDistinct), std::pair("days", Kind::kDays),
        std::pair("n", Kind::kCount)}) {
    Add(name, kind, 4).window = {std::nullopt, 0};
  }
  Add("after", Kind::kFirstDay, 4).window = {1, std::nullopt};
  Add("of_one", Kind::kCount, kStroke).window = {std::nullopt, 0};
  EXPECT_THAT(Run(),
              ElementsAre("1,2010-06-01,-30,-20,2,2,3,2,2", "2,2010-06-01,NULL,NULL,0,0,0,NULL,0"));
}

TEST_P(VariablesTest, EventsHaveAnOrder) {
  Condition(1, 443454, "2010-05-02");
  Condition(1, 111, "2010-05-12");
  request_.concept_sets.push_back({4, "other", {{111}}});
  const auto order = [&](const char* name, Kind kind, int first, int then) {
    Add(name, kind, first).then_concept_set = then;
  };
  order("a", Kind::kOrder, kStroke, 4);
  order("b", Kind::kOrder, 4, kStroke);
  order("days", Kind::kBetween, kStroke, 4);
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,1,0,10", "2,2010-06-01,0,0,NULL"));
}

TEST_P(VariablesTest, PathwaysOfCare) {
  Sql("INSERT INTO provider (provider_id, specialty_concept_id) VALUES (1, 10), (2, 20), (3, 0)");
  Sql("INSERT INTO visit_occurrence (visit_occurrence_id, person_id, visit_concept_id, "
      "visit_start_date, visit_end_date, provider_id, care_site_id) VALUES "
      "(1, 1, 9201, DATE '2010-06-01', DATE '2010-06-05', 1, 7), "
      "(2, 1, 9201, DATE '2010-06-03', DATE '2010-06-04', 2, 7), "     // within the first
      "(3, 1, 9201, DATE '2010-07-05', DATE '2010-07-06', 3, 8), "     // 30 days after its end
      "(4, 1, 9201, DATE '2010-08-06', DATE '2010-08-06', 1, NULL), "  // 31 days after
      "(5, 1, 9202, DATE '2010-08-07', DATE '2010-08-07', 1, 9)");
  request_.concept_sets.push_back({4, "inpatient", {{9201}}});
  for (const auto& [name, kind] :
       {std::pair("stay", Kind::kStay), std::pair("back", Kind::kReadmissions),
        std::pair("places", Kind::kSites), std::pair("specialties", Kind::kSpecialties),
        std::pair("n", Kind::kCount)}) {
    PersonVariable& variable = Add(name, kind, 4);
    variable.domain = Domain::kVisitOccurrence;
    variable.window = {0, 365};
  }
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,6,1,2,2,4", "2,2010-06-01,0,0,0,0,0"));
  request_.variables[1].gap_days = 31;
  EXPECT_EQ(Run()[0], "1,2010-06-01,6,2,2,2,4");
  request_.variables[2].concept_set.reset();  // any visit
  EXPECT_EQ(Run()[0], "1,2010-06-01,6,2,3,2,4");
}

TEST_P(VariablesTest, UnitsByUcum) {
  Sql("INSERT INTO concept (concept_id, concept_name, vocabulary_id, concept_code) VALUES (8840, "
      "'milligram per deciliter', 'UCUM', 'mg/dL'), (8753, 'millimole per liter', 'UCUM', "
      "'mmol/L'), "
      "(3004501, 'Glucose', 'LOINC', '2345-7')");
  Measure(1, 90, 8840, "2010-01-01");
  Measure(1, 6, 8753, "2010-02-01");
  Measure(1, 7, 9999,
          "2010-04-01");  // a concept that the vocabulary does not have, no source value
  const auto source = [&](const char* unit, double value, const char* day) {
    Measure(1, value, 0, day);
    Sql(absl::StrCat("UPDATE measurement SET unit_source_value = '", unit,
                     "' WHERE measurement_id = ", next_));
  };
  source("g/l", 1.2, "2010-05-01");
  source("it''s", 5, "2010-05-20");  // no unit, and a quote
  for (const auto& [name, summary] :
       {std::pair("last", Summary::kLast), std::pair("median", Summary::kMedian),
        std::pair("low", Summary::kMin)}) {
    PersonVariable& variable = Add(name, Kind::kMeasurement, kGlucose);
    variable.summary = summary;
    variable.window = {std::nullopt, 0};
    variable.ucum = UcumTarget{"mmol/L", 180.0};
  }
  // 90 mg/dL are 5 mmol/L, 1.2 g/L are 6.66667.
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,6.66667,6,5", "2,2010-06-01,NULL,NULL,NULL"));
  EXPECT_THAT(PrepareVariables(cdm_->engine(), request_)->notices,
              ::testing::Contains("last: 2 values are in units that cannot be converted to mmol/L: "
                                  "left out"));
  for (PersonVariable& variable : request_.variables) variable.ucum->molar_mass.reset();
  EXPECT_EQ(Run()[0], "1,2010-06-01,6,6,6");  // of mass and amount, the one is no other
  request_.variables[0].ucum->to = "mmol/";
  EXPECT_THAT(PrepareVariables(cdm_->engine(), request_),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("last: unit 'mmol/'")));
}

TEST_P(VariablesTest, ComorbiditiesByIcd10) {
  Sql("INSERT INTO concept (concept_id, concept_name, vocabulary_id, concept_code) VALUES "
      "(45, 'x', 'ICD10CM', 'E11.21'), (46, 'x', 'ICD9CM', 'I21.0'), (47, 'x', 'SNOMED', '1')");
  Sql("INSERT INTO concept_relationship (concept_id_1, concept_id_2, relationship_id) VALUES "
      "(45, 47, 'Maps to')");
  const auto coded = [&](int person, const char* value, int source, int standard) {
    Condition(person, standard, "2010-05-01");
    Sql(absl::StrCat("UPDATE condition_occurrence SET condition_source_value = '", value,
                     "', condition_source_concept_id = ", source,
                     " WHERE condition_occurrence_id = ", next_));
  };
  coded(1, "I21.4", 0, 0);
  coded(1, "something", 45, 47);  // E11.21 by its source concept
  coded(1, "E119", 0, 0);         // less than the above
  coded(1, "I500", 46, 0);        // of ICD-9, whatever it looks like
  coded(2, "C78.0", 0, 0);
  coded(2, "E66.01", 0, 0);
  PersonVariable& charlson = Add("charlson", Kind::kCharlson);
  charlson.codes = PersonVariable::Codes::kIcd10;
  Add("elixhauser", Kind::kElixhauser).codes = PersonVariable::Codes::kIcd10;
  PersonVariable& groups = Add("groups", Kind::kElixhauser);
  groups.codes = PersonVariable::Codes::kIcd10;
  groups.other_weights = true;
  PersonVariable& obese = Add("obese", Kind::kElixhauser);
  obese.codes = PersonVariable::Codes::kIcd10;
  obese.group = 22;
  Add("mapped", Kind::kElixhauser).group = 11;
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,3,0,1,0,1", "2,2010-06-01,6,8,2,1,0"));
}

TEST_P(VariablesTest, OptOutsHaveNoRow) {
  Sql("CREATE TABLE opt_out (person_id BIGINT, scope VARCHAR, \"from\" DATE, until DATE)");
  Sql("INSERT INTO opt_out VALUES (2, 'all', NULL, NULL)");
  request_.opt_out = OptOut{"opt_out", {"research"}, "2020-01-01"};
  Add("sex", Kind::kSex);
  EXPECT_THAT(Run(), ElementsAre("1,2010-06-01,8507"));
}

TEST_P(VariablesTest, RefusesWhatIsWrong) {
  const auto message = [&] { return PrepareVariables(cdm_->engine(), request_); };
  Add("a b", Kind::kAge);
  EXPECT_THAT(message(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("expected a name")));
  request_.variables.clear();
  Add("x", Kind::kAny, 99);
  EXPECT_THAT(message(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("no concept set 99")));
  request_.variables.clear();
  Add("x", Kind::kAge);
  Add("x", Kind::kSex);
  EXPECT_THAT(message(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("a second column")));
  request_.variables.clear();
  Add("x", Kind::kStay, kDrugs).domain = Domain::kMeasurement;
  EXPECT_THAT(message(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("have no end")));
  request_.variables.clear();
  Add("x", Kind::kAny, kDrugs).window = {1, 0};
  EXPECT_THAT(message(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("ends before")));
}

INSTANTIATE_TEST_SUITE_P(Engines, VariablesTest, ::testing::ValuesIn(TestEngines::kNames));

}  // namespace
}  // namespace essaim::cohort
