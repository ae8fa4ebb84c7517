#include "quality/characteristics.h"

#include <cmath>
#include <filesystem>
#include <map>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "quality/distribution.h"
#include "quality/report_html.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

TEST(Wilson, EqualsThePublishedIntervals) {
  // Newcombe 1998 (Stat Med 17:857), table I, method 3: 81 of 263, 0 of 20.
  EXPECT_NEAR(WilsonInterval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(WilsonInterval(81, 263).high, 0.3662, 5e-5);
  EXPECT_NEAR(WilsonInterval(0, 20).low, 0, 1e-15);
  EXPECT_NEAR(WilsonInterval(0, 20).high, 0.1611, 5e-5);
}

TEST(Distribution, MeasuresByHand) {
  EXPECT_DOUBLE_EQ(NormalisedEntropy({{"a", 2}, {"b", 2}}), 1);
  EXPECT_DOUBLE_EQ(NormalisedEntropy({{"a", 5}}), 0);
  EXPECT_DOUBLE_EQ(StabilityIndex({{"a", 3}, {"b", 7}}, {{"a", 3}, {"b", 7}}), 0);
  // (0.5 of 2, 1.5 of 2) against (1.5, 0.5): twice half a unit times log 3.
  EXPECT_NEAR(StabilityIndex({{"b", 1}}, {{"a", 1}}), std::log(3.0), 1e-12);
  EXPECT_DOUBLE_EQ(LargestChange({10, 100, 50, 200}, 50), 3);
}

TEST(QualityLevel, FollowsTheThresholdsDirection) {
  const Threshold at_least{.at_least = true, .watch = 1, .fail = 0.5, .source = ""};
  EXPECT_EQ(LevelOf(2.0, at_least), QualityLevel::kPassed);
  EXPECT_EQ(LevelOf(0.7, at_least), QualityLevel::kToWatch);
  EXPECT_EQ(LevelOf(0.1, at_least), QualityLevel::kFailed);
  EXPECT_EQ(LevelOf(std::nullopt, at_least), QualityLevel::kNotMeasured);
  EXPECT_EQ(LevelOf(9.0, std::nullopt), QualityLevel::kPassed);
}

class SevenCharacteristics : public ::testing::TestWithParam<const char*> {
 protected:
  SevenCharacteristics() : folder_(testing::TempPath("characteristics", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    engine_ = *engines_.Make(GetParam(), folder_);
  }

  ~SevenCharacteristics() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::StatusOr<std::map<std::string, Metric>> Measure(const ReportOptions& options) {
    ESSAIM_ASSIGN_OR_RETURN(const CheckRun run, RunChecks(*engine_, {.as_of = options.as_of}));
    ESSAIM_ASSIGN_OR_RETURN(const QualityReport report, Characteristics(*engine_, run, options));
    std::map<std::string, Metric> metrics;
    for (const Metric& m : report.metrics) metrics[std::string(m.info->id)] = m;
    return metrics;
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Engines, SevenCharacteristics, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST_P(SevenCharacteristics, OnSynthea27) {
  ASSERT_OK(LoadOmop(*engine_, {std::string(ESSAIM_SOURCE_DIR) + "/tests/data/omop/synthea27"}, {},
                     nullptr)
                .status());
  ASSERT_OK_AND_ASSIGN(
      auto m, Measure({.as_of = "2023-01-01", .reference = {*ParseStratum("F 20-39", 0.5)}}));
  EXPECT_EQ(m.size(), 51u);
  EXPECT_EQ(*m["V1"].value, 28);
  EXPECT_NEAR(*m["V6"].value, 470.0 / 1791, 1e-12);
  EXPECT_EQ(m["V6"].label, QualityLevel::kToWatch);
  EXPECT_EQ(*m["T2"].value, 0);
  EXPECT_EQ(*m["C4"].value, 0);
  EXPECT_NEAR(*m["S2"].value, 0.71, 0.3);  // most persons are alone in so small a site
  EXPECT_EQ(*m["S6"].value, 1);            // Synthea's persons are UUIDs
  EXPECT_EQ(*m["S5"].value, 1);
  EXPECT_TRUE(m["R1"].value.has_value());
  for (const auto& [id, metric] : m) {
    if (!metric.value.has_value()) continue;
    EXPECT_TRUE(std::isfinite(*metric.value)) << id;
    if (metric.info->is_proportion) {
      EXPECT_LE(metric.interval->low, *metric.value + 1e-12) << id;
      EXPECT_GE(metric.interval->high, *metric.value - 1e-12) << id;
    }
  }
}

TEST_P(SevenCharacteristics, AsAPageInBothLanguages) {
  ASSERT_OK(LoadOmop(*engine_, {std::string(ESSAIM_SOURCE_DIR) + "/tests/data/omop/synthea27"}, {},
                     nullptr)
                .status());
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(*engine_, {.as_of = "2023-01-01"}));
  ASSERT_OK_AND_ASSIGN(const QualitySnapshot before, SnapshotOf(*engine_, run, 1));
  const ReportOptions options{.as_of = "2023-01-01",
                              .reference = {*ParseStratum("F 20-59", 0.5)},
                              .between_loads = Compare(before, before)};
  EXPECT_EQ(before.tables.at("person").n_persons, 28);
  ASSERT_OK_AND_ASSIGN(QualityReport report, Characteristics(*engine_, run, options));
  report.metrics[0].detail = "drug_exposure, load 3";
  ASSERT_OK_AND_ASSIGN(const SiteProfile profile, ProfileOf(*engine_, "2023-01-01"));
  EXPECT_EQ(profile.load.number, 1);
  const Words french(Language::kFrench);
  ASSERT_OK_AND_ASSIGN(const QualitySnapshot now, SnapshotOf(*engine_, run, 2));
  const PageInput input{.site = "<va>",
                        .report = report,
                        .checks = run,
                        .profile = profile,
                        .reference = options.reference,
                        .history = {{.load_number = 0}, {.load_number = 1}},
                        .snapshots = {now, now}};
  const std::string page = QualityPage(input, french);
  for (const char* title :
       {"Enregistrements par année", "Personnes par âge et sexe", "Depuis le chargement précédent",
        "Rapports à ce jour", "strates de la référence"})
    EXPECT_NE(page.find(title), std::string::npos) << title;
  EXPECT_EQ(french.missing(), std::set<std::string>());
  EXPECT_NE(page.find("&lt;va&gt;"), std::string::npos);
  EXPECT_EQ(page.find("<va>"), std::string::npos);
  EXPECT_NE(page.find("représentativité"), std::string::npos);
  EXPECT_NE(page.find("drug_<wbr>exposure, chargement 3"), std::string::npos);
  EXPECT_NE(QualityPage(input, Words(Language::kEnglish)).find("representativeness"),
            std::string::npos);
}

TEST_P(SevenCharacteristics, AnEmptyWarehouseIsNotMeasured) {
  ASSERT_OK(CreateCdm(*engine_));
  ASSERT_OK_AND_ASSIGN(auto m, Measure({.as_of = "2023-01-01"}));
  EXPECT_EQ(*m["V1"].value, 0);
  EXPECT_FALSE(m["T1"].value.has_value());
  EXPECT_EQ(m["R1"].missing, "no reference table is given");
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(*engine_, {.as_of = "2023-01-01"}));
  ASSERT_OK_AND_ASSIGN(const QualityReport report,
                       Characteristics(*engine_, run, {.as_of = "2023-01-01"}));
  // Nor by a second report, that has a first one to be compared with.
  ASSERT_OK_AND_ASSIGN(const QualitySnapshot empty, SnapshotOf(*engine_, run, 1));
  const ReportOptions again{.as_of = "2023-01-01", .between_loads = Compare(empty, empty)};
  ASSERT_OK_AND_ASSIGN(const QualityReport second, Characteristics(*engine_, run, again));
  EXPECT_GT(second.between_loads->n_passed_before, 0u);
  for (int c = 0; c < kCharacteristics; ++c) EXPECT_EQ(second.labels[c], report.labels[c]) << c;
  EXPECT_EQ(second.labels[static_cast<int>(Characteristic::kConsistency)],
            QualityLevel::kNotMeasured);
  ASSERT_OK_AND_ASSIGN(const SiteProfile profile, ProfileOf(*engine_, "2023-01-01"));
  const std::vector<Stratum> none;
  const std::string page = QualityPage({.site = "va",
                                        .report = report,
                                        .checks = run,
                                        .profile = profile,
                                        .reference = none,
                                        .history = {},
                                        .snapshots = {}},
                                       Words(Language::kEnglish));
  EXPECT_NE(page.find("The tables are empty."), std::string::npos);
  EXPECT_NE(page.find("not applicable 1,936"), std::string::npos);
  EXPECT_EQ(page.find("viewBox"), page.rfind("viewBox"));  // no chart: the style alone names it
}

// Figures that can be counted by hand.
TEST_P(SevenCharacteristics, OnFourPersons) {
  ASSERT_OK(CreateCdm(*engine_));
  for (const char* sql :
       {"INSERT INTO person (person_id, gender_concept_id, year_of_birth, person_source_value) "
        "VALUES (1, 8507, 1950, 'a'), (2, 8507, 1950, 'b'), (3, 8532, 1960, '12345678'), "
        "(4, 8532, 1961, 'd')",
        "INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
        "condition_concept_id, condition_start_date) VALUES (1, 1, 7, DATE '2020-01-01'), "
        "(2, 1, 7, DATE '2020-01-01'), (3, 3, 8, DATE '2030-02-01'), (4, 4, 8, DATE '1900-05-05')",
        "INSERT INTO death (person_id, death_date) VALUES (3, DATE '2029-01-01')"})
    ASSERT_OK(engine_->Execute(sql));
  ASSERT_OK_AND_ASSIGN(auto m, Measure({.as_of = "2023-01-01"}));
  EXPECT_EQ(*m["C2"].value, 0.25);
  EXPECT_EQ(*m["C3"].value, 1);
  EXPECT_EQ(*m["T1"].value, 0.25);
  EXPECT_EQ(*m["T2"].value, 0.25);
  EXPECT_EQ(*m["T3"].value, 1);
  EXPECT_EQ(*m["T8"].value, 0.5);
  EXPECT_EQ(*m["H1"].value, 1);
  EXPECT_EQ(*m["S1"].value, 1);
  EXPECT_EQ(*m["S2"].value, 0.5);
  EXPECT_EQ(*m["S3"].value, 0.75);
  EXPECT_EQ(*m["S6"].value, 0.25);
  EXPECT_EQ(m["B1"].missing, "persons of one group only");  // two of a sex are too few
}

}  // namespace
}  // namespace essaim
