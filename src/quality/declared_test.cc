// What a site declares: its reference population, its groups, its own thresholds.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "quality/characteristics.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Declared : public ::testing::TestWithParam<const char*> {
 protected:
  Declared() : folder_(testing::TempPath("declared", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  ~Declared() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  std::string folder_;
};

INSTANTIATE_TEST_SUITE_P(Engines, Declared, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

auto Wrong(const std::string& text) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
}

TEST_P(Declared, ReferencesOfBothForms) {
  ASSERT_OK_AND_ASSIGN(
      const auto plain,
      ReadReference(File("a.csv", "stratum,share\nF 40-59,0.25\nM 80+ Bretagne,1e-1\n")));
  ASSERT_EQ(plain.size(), 2u);
  EXPECT_EQ(plain[1].sex, 'M');
  EXPECT_EQ(plain[1].age_from, 80);
  EXPECT_EQ(plain[1].age_to, kAgeMax);
  EXPECT_EQ(plain[1].region, "Bretagne");
  ASSERT_OK_AND_ASSIGN(const auto columns,
                       ReadReference(File("b.csv",
                                          "sex,age_from,age_to,region,share\nF,0,19,,0.25\n"
                                          ",20,,35,0.5\n")));
  EXPECT_EQ(columns[0].name, "F 0-19");
  EXPECT_EQ(columns[1].name, "20+ 35");
  EXPECT_THAT(ReadReference(File("c.csv", "stratum,part\nF 40-59,0.2\n")), Wrong("line 1"));
  EXPECT_THAT(ReadReference(File("d.csv", "stratum,share\nF 40-59,0.2\nF 59-60,0.1\n")),
              Wrong("line 3: 'F 59-60' has persons in common with 'F 40-59' of line 2"));
  EXPECT_THAT(ReadReference(File("e.csv", "stratum,share\nF 40-59,0.7\nM 40-59,0.7\n")),
              Wrong("add up to 1.4"));
  EXPECT_THAT(ReadReference(File("f.csv", "stratum,share\nX 40-59,0.7\n")),
              Wrong("line 2: a stratum as 'F 40-59'"));
  EXPECT_THAT(ReadReference(File("g.csv", "sex,age_from,share\nF,x,0.7\n")), Wrong("age_from"));
  EXPECT_THAT(ReadReference(File("h.csv", "sex,share\n,0.7\n")), Wrong("everybody"));
  EXPECT_THAT(ReadReference(File("i.csv", "stratum,share\nF 40-59,2\n")), Wrong("0 to 1"));
}

TEST_P(Declared, ThresholdsNameWhatIsUnknown) {
  ASSERT_OK_AND_ASSIGN(const SiteThresholds yaml,
                       ReadThresholds(File("t.yaml",
                                           "V7: {watch: 0.8, fail: 0.5, source: charter}\n"
                                           "isRequired: {fail: 5}\n")));
  EXPECT_EQ(yaml.metrics.at("V7").source, "charter");
  EXPECT_EQ(yaml.metrics.at("V7").bound.fail, 0.5);
  EXPECT_EQ(yaml.checks.at("isRequired"), 5);
  ASSERT_OK_AND_ASSIGN(const SiteThresholds csv,
                       ReadThresholds(File("t.csv",
                                           "id,watch,fail,source\nC2,0.02,,ward rounds\n"
                                           "field_isrequired_person_person_id,,1,\n")));
  EXPECT_EQ(csv.metrics.at("C2").bound.watch, 0.02);
  EXPECT_EQ(csv.checks.at("field_isrequired_person_person_id"), 1);
  EXPECT_THAT(ReadThresholds(File("u.yaml", "C7: {watch: 0.1}\nisRequird: {fail: 5}\n")),
              Wrong("u.yaml:2:12: isRequird: 'isRequird' is no figure's id and no check of the "
                    "Dashboard; did you mean 'isRequired'?"));
  EXPECT_THAT(ReadThresholds(File("v.yaml", "V7: {watch: 0.5, fail: 0.8}\n")),
              Wrong("more is better"));
  EXPECT_THAT(ReadThresholds(File("w.yaml", "isRequired: {watch: 1, fail: 5}\n")),
              Wrong("fail alone"));
  EXPECT_THAT(ReadThresholds(File("v.csv", "id,watch,fail\nC2,x,\n")), Wrong("line 2: watch"));
  EXPECT_THAT(ReadThresholds(File("w.csv", "id,watch,fail\nC2,1,\nC2,2,\n")),
              Wrong("line 3: 'C2' has a threshold already"));
  EXPECT_THAT(ReadThresholds(File("x.csv", "id,fail\nC2,1\n")), Wrong("line 1"));
}

TEST_P(Declared, GroupRulesNameWhatIsUnknown) {
  ASSERT_OK_AND_ASSIGN(const GroupRule ages, ReadGroupRule(File("a.yaml", "ages: [18, 65]\n")));
  EXPECT_EQ(ages.ages, (std::vector<int>{18, 65}));
  EXPECT_EQ(ages.name(), "age");
  EXPECT_THAT(ReadGroupRule(File("b.yaml", "ages: [18, 12]\n")), Wrong("above the one before"));
  EXPECT_THAT(ReadGroupRule(File("c.yaml", "field: race_concept\n")),
              Wrong("did you mean 'race_concept_id'?"));
  EXPECT_THAT(ReadGroupRule(File("d.yaml", "field: race_concept_id\nages: [18]\n")),
              Wrong("one of field, region and ages"));
  EXPECT_THAT(ReadGroupRule(File("e.yaml", "feild: race_concept_id\n")), Wrong("field"));
}

// Twenty persons: ten women born 1950 in Bretagne, six men of 1950 and four of 1990 in Paris.
class DeclaredOnTables : public Declared {
 protected:
  DeclaredOnTables() {
    engine_ = *engines_.Make(GetParam(), folder_);
    EXPECT_OK(CreateCdm(*engine_));
    Do("INSERT INTO location (location_id, county, zip) VALUES (1, 'Bretagne', '35000'), (2, "
       "'Paris', '75001')");
    Do("INSERT INTO person (person_id, gender_concept_id, year_of_birth, location_id, "
       "person_source_value) SELECT n, CASE WHEN n <= 10 THEN 8532 ELSE 8507 END, CASE WHEN n <= "
       "16 THEN 1950 ELSE 1990 END, CASE WHEN n <= 10 THEN 1 ELSE 2 END, CONCAT('p', n) FROM "
       "(VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), "
       "(16), (17), (18), (19), (20)) t(n)");
    // A woman has two records of 7, a man one; men 11 to 15 have 8 as well.
    Do("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
       "condition_concept_id, condition_start_date) SELECT person_id, person_id, 7, DATE "
       "'2020-01-01' FROM person UNION ALL SELECT 100 + person_id, person_id, 7, DATE '2020-01-01' "
       "FROM person WHERE person_id <= 10 UNION ALL SELECT 200 + person_id, person_id, 8, DATE "
       "'2020-02-01' FROM person WHERE person_id BETWEEN 11 AND 15");
    Do("INSERT INTO measurement (measurement_id, person_id, measurement_concept_id, "
       "measurement_date, value_as_number) SELECT person_id, person_id, 9, DATE '2020-01-01', CASE "
       "WHEN person_id = 1 THEN NULL ELSE 1 END FROM person");
  }

  void Do(const char* sql) { EXPECT_OK(engine_->Execute(sql)); }

  std::map<std::string, Figure> Figures(const GroupRule& rule) {
    std::map<std::string, Figure> figures;
    auto bias = BiasOf(*engine_, rule, "2023-01-01");
    EXPECT_OK(bias.status());
    if (bias.ok()) bias_ = *std::move(bias);
    for (const Figure& f : FiguresOf(bias_)) figures[f.id] = f;
    return figures;
  }

  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  Bias bias_;
};

INSTANTIATE_TEST_SUITE_P(Engines, DeclaredOnTables, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST_P(DeclaredOnTables, BiasBetweenTheSexes) {
  auto f = Figures({});
  ASSERT_EQ(f.size(), 7u);
  EXPECT_DOUBLE_EQ(*f["B1"].value, 1.5 / 2);
  EXPECT_EQ(f["B1"].detail, "M / F");
  EXPECT_DOUBLE_EQ(*f["B2"].value, 0);
  EXPECT_EQ(f["B3"].missing, "no rows");  // nobody was observed
  EXPECT_DOUBLE_EQ(*f["B4"].value, 0);
  EXPECT_FALSE(f["B5"].value.has_value());  // nobody has complete records
  EXPECT_DOUBLE_EQ(*f["B6"].value, 0.1);
  // Concept 8: five men of ten, no woman. I = 0.75 log2(0.75 / ...): scipy.stats.entropy by hand.
  EXPECT_EQ(f["B7"].detail, "8");
  EXPECT_NEAR(*f["B7"].value, 0.3112781244591328, 1e-12);
}

TEST_P(DeclaredOnTables, BiasBetweenGroupsOfAFile) {
  std::string text = "person_source_value,group\n";
  for (int n = 1; n <= 20; ++n)
    absl::StrAppend(&text, "p", n, ",", n <= 8 ? "north" : n <= 16 ? "south" : "few", "\n");
  GroupRule rule{
      .field = "", .region = "", .ages = {}, .file = File("g.csv", text + "p99,north\n")};
  auto f = Figures(rule);
  ASSERT_EQ(bias_.groups.size(), 2u);  // four persons are too few
  EXPECT_EQ(bias_.n_unknown, 1u);
  EXPECT_DOUBLE_EQ(bias_.groups[0].n_conditions, 16);
  EXPECT_DOUBLE_EQ(*f["B6"].value, 1.0 / 8);
  // Nothing of the groups stays.
  EXPECT_FALSE(engine_->Query("SELECT * FROM essaim_quality_groups").ok());
  EXPECT_FALSE(engine_->Query("SELECT * FROM essaim_quality_named").ok());
  rule.file = File("twice.csv", "person_id,group\n1,a\n1,b\n");
  EXPECT_THAT(BiasOf(*engine_, rule, "2023-01-01"), Wrong("line 3: the same person"));
  rule.file = File("nobody.csv", "person_id,group\n777,a\n");
  EXPECT_THAT(BiasOf(*engine_, rule, "2023-01-01"), Wrong("no line names a person"));
  rule.file = File("text.csv", "person_id,group\nx,a\n");
  EXPECT_THAT(BiasOf(*engine_, rule, "2023-01-01"), Wrong("line 2: person_id"));
  rule.file = File("head.csv", "who,group\nx,a\n");
  EXPECT_THAT(BiasOf(*engine_, rule, "2023-01-01"), Wrong("line 1"));
}

TEST_P(DeclaredOnTables, BiasBetweenAgesAndRegions) {
  Figures({.field = "", .region = "", .ages = {40}, .file = ""});
  ASSERT_EQ(bias_.groups.size(), 1u);  // the four of 1990 are too few
  EXPECT_EQ(bias_.groups[0].group, "40+");
  Figures({.field = "", .region = "county", .ages = {}, .file = ""});
  ASSERT_EQ(bias_.groups.size(), 2u);
  EXPECT_EQ(bias_.groups[0].group, "Bretagne");
  Figures({.field = "gender_concept_id", .region = "", .ages = {}, .file = ""});
  ASSERT_EQ(bias_.groups.size(), 2u);
  EXPECT_EQ(bias_.groups[0].group, "8507");  // no vocabulary names it
}

TEST_P(DeclaredOnTables, DistanceToAReferenceByRegion) {
  const std::vector<Stratum> reference = {*ParseStratum("F 60+ bretagne", 0.25),
                                          *ParseStratum("M 60+ 75", 0.25),
                                          *ParseStratum("M 20-59 75", 0.5)};
  ASSERT_OK_AND_ASSIGN(const Representation r, RepresentationOf(*engine_, reference, "2023-01-01"));
  EXPECT_EQ(r.n_persons, 20);
  EXPECT_EQ(r.strata[0].n_persons, 10);
  EXPECT_EQ(r.strata[1].n_persons, 6);
  EXPECT_EQ(r.strata[2].n_persons, 4);
  EXPECT_DOUBLE_EQ(r.strata[0].coverage, 2);
  // (0.5 - 0.25) / sqrt((0.25 + 0.1875) / 2)
  EXPECT_NEAR(r.strata[0].standardised_difference, 0.5345224838, 1e-9);
  std::map<std::string, Figure> f;
  for (const Figure& figure : FiguresOf(r)) f[figure.id] = figure;
  EXPECT_NEAR(*f["R1"].value, std::fabs(r.strata[2].standardised_difference), 1e-12);
  EXPECT_EQ(f["R1"].detail, "M 20-59 75");
  EXPECT_DOUBLE_EQ(*f["R3"].value, 0.4);
  // chi2 = 25/5 + 1/5 + 36/10 = 8.8; V = sqrt(8.8 / (20 * 2))
  EXPECT_NEAR(*f["R5"].value, std::sqrt(8.8 / 40), 1e-12);
  EXPECT_NEAR(*f["R6"].value, std::fabs(std::log(4.5 / 16.5)), 1e-12);
}

TEST_P(DeclaredOnTables, OwnThresholdsDecide) {
  CheckOptions checks{.as_of = "2023-01-01"};
  checks.thresholds = {{"isRequired", 100}, {"field_isrequired_person_race_concept_id", 7}};
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(*engine_, checks));
  for (const CheckResult& r : run.results) {
    if (r.check->kind != CheckKind::kIsRequired) continue;
    EXPECT_FALSE(r.failed) << CheckId(*r.check);
    EXPECT_EQ(r.threshold,
              CheckId(*r.check) == "field_isrequired_person_race_concept_id" ? 7 : 100);
  }
  ReportOptions options{.as_of = "2023-01-01"};
  options.thresholds["V1"] = {.bound = {.watch = 30, .fail = 10}, .source = "charter"};
  ASSERT_OK_AND_ASSIGN(const QualityReport report, Characteristics(*engine_, run, options));
  EXPECT_EQ(report.metrics[0].label, QualityLevel::kToWatch);
  EXPECT_EQ(report.metrics[0].source, "charter");
}

TEST(MetricIds, AreThoseThatStudiesMayBound) {
  ASSERT_EQ(MetricList().size(), QualityMetricIds().size());
  for (const MetricInfo& info : MetricList()) {
    const QualityMetricId* const id = FindQualityMetric(info.id);
    ASSERT_NE(id, nullptr) << info.id;
    if (info.threshold.has_value()) {
      EXPECT_EQ(id->more_is_better, info.threshold->at_least) << info.id;
    }
    EXPECT_EQ(CharacteristicOf(info.id),
              kQualityKeys[static_cast<std::size_t>(info.characteristic)]);
  }
}

}  // namespace
}  // namespace essaim
