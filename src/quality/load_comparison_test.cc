#include "quality/load_comparison.h"

#include <cmath>
#include <filesystem>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "quality/characteristics.h"
#include "quality/distances.h"
#include "quality/report_json.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

QualitySnapshot Before() {
  QualitySnapshot s{.load_number = 3, .made_at_ms = 7, .as_of = "2023-01-01", .vocabulary = "v1"};
  s.tables["visit_occurrence"] = {
      .n_rows = 200, .n_persons = 50, .null_shares = {{"care_site_id", 0.1}, {"provider_id", 0.5}}};
  s.tables["measurement"] = {.n_rows = 1000, .n_persons = 40, .null_shares = {}};
  s.mixes["measurement"] = {.counts = {{"1", 600}, {"2", 400}}, .smallest = 5};
  s.domains = {{"1", "Measurement"}, {"2", "Measurement"}, {"9", "Visit"}};
  s.passed = {{"a", true}, {"b", true}, {"c", false}, {"gone", true}};
  return s;
}

TEST(Compare, FindsWhatALoadLostOrBroke) {
  const QualitySnapshot before = Before();
  QualitySnapshot now = Before();
  now.load_number = 4;
  now.tables["visit_occurrence"] = {
      .n_rows = 180, .n_persons = 50, .null_shares = {{"care_site_id", 0.4}, {"provider_id", 0.2}}};
  now.tables["measurement"] = {.n_rows = 1200, .n_persons = 30, .null_shares = {}};
  now.mixes["measurement"] = {.counts = {{"1", 600}, {"3", 600}}, .smallest = 5};
  now.domains["2"] = "Observation";
  now.passed = {{"a", true}, {"b", false}, {"c", false}, {"new", false}};
  const LoadComparison c = Compare(before, now);
  EXPECT_EQ(c.load_before, 3);
  EXPECT_EQ(c.n_passed_before, 2u);  // "gone" does not apply any more
  EXPECT_THAT(c.newly_failed, ElementsAre("b"));
  ASSERT_EQ(c.domains.size(), 1u);
  EXPECT_EQ(c.domains[0].now, "Observation");
  ASSERT_EQ(c.nulls.size(), 1u);
  EXPECT_EQ(c.nulls[0].field, "care_site_id");
  // Shares 0.6 0.4 0 and 0.5 0 0.5: SciPy's jensenshannon(p, q, 2).
  ASSERT_EQ(c.mixes.size(), 1u);
  EXPECT_NEAR(c.mixes[0].distance, 0.6732632, 1e-6);

  std::map<std::string, Figure> figures;
  for (const Figure& f : FiguresOf(c)) figures[f.id] = f;
  ASSERT_EQ(figures.size(), 7u);
  EXPECT_DOUBLE_EQ(*figures["C7"].value, 0.1);   // 20 of 200 visits
  EXPECT_DOUBLE_EQ(*figures["C8"].value, 0.25);  // 10 of 40 persons
  EXPECT_DOUBLE_EQ(*figures["C9"].value, 0.5);
  EXPECT_NEAR(*figures["C10"].value, 1.0 / 3, 1e-12);
  EXPECT_GT(*figures["C11"].value, 1);
  EXPECT_NEAR(*figures["C13"].value, 0.3, 1e-12);
}

TEST(Compare, TheSameLoadAgainLosesNothing) {
  const LoadComparison same = Compare(Before(), Before());
  for (const Figure& f : FiguresOf(same)) {
    ASSERT_TRUE(f.value.has_value()) << f.id;
    EXPECT_NEAR(*f.value, 0, 1e-12) << f.id;
  }
  for (const Figure& f : FiguresOf(std::nullopt)) EXPECT_FALSE(f.value.has_value());
}

TEST(Compare, EmptyTablesHadNoCheckToFail) {
  QualitySnapshot empty = Before(), now = Before();
  for (auto& [name, table] : empty.tables) table = {.n_rows = 0, .n_persons = 0, .null_shares = {}};
  now.passed["a"] = false;
  for (const Figure& f : FiguresOf(Compare(empty, now))) {
    if (f.id != "C9") continue;
    EXPECT_FALSE(f.value.has_value());
    EXPECT_EQ(f.missing, "no rows in the load before");
  }
}

// A concept that only one snapshot kept by name is no drift if the other may have it in its rest.
TEST(Compare, RoundingIsNoRise) {
  QualitySnapshot now = Before();
  double& share = now.tables["visit_occurrence"].null_shares["care_site_id"];
  share = std::nextafter(share, 1);
  EXPECT_TRUE(Compare(Before(), now).nulls.empty());
}

TEST(Compare, RareConceptsAreNoDrift) {
  QualitySnapshot before = Before(), now = Before();
  before.mixes["measurement"] = {.counts = {{"1", 600}, {"2", 50}, {kOtherCategory, 350}},
                                 .smallest = 50};
  now.mixes["measurement"] = {.counts = {{"1", 600}, {"3", 51}, {kOtherCategory, 349}},
                              .smallest = 52};
  EXPECT_NEAR(Compare(before, now).mixes[0].distance, 0, 1e-9);
}

TEST(Snapshot, ReadsBackAndRefusesWhatIsNone) {
  const std::string text = EncodeSnapshot(Before());
  ASSERT_OK_AND_ASSIGN(const QualitySnapshot again, DecodeSnapshot(text));
  EXPECT_EQ(EncodeSnapshot(again), text);
  EXPECT_FALSE(again.passed.at("c"));
  EXPECT_EQ(again.tables.at("measurement").n_persons, 40);
  for (const char* bad :
       {"", "[]", "{}", R"({"version":1})", R"({"version":2})", R"({"version":1,"load":"x"})"})
    EXPECT_THAT(DecodeSnapshot(bad), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("snapshot")));
}

class BetweenLoads : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Engines, BetweenLoads, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST_P(BetweenLoads, AreComparedOnTheTables) {
  const std::string folder = testing::TempPath("between_loads", GetParam());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    TestEngines engines;
    ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make(GetParam(), folder));
    ASSERT_OK(CreateCdm(*engine));
    const auto run = [&](const char* sql) { ASSERT_OK(engine->Execute(sql)); };
    run("INSERT INTO essaim_loads (number, load_id, kind, loaded_at_ms) VALUES (1, 'x', 'omop', "
        "0)");
    run("INSERT INTO concept (concept_id, concept_name, domain_id, vocabulary_id, "
        "concept_class_id, concept_code, valid_start_date, valid_end_date) VALUES (7, 'c', "
        "'Condition', 'v', 'k', '7', DATE '1970-01-01', DATE '2099-12-31')");
    run("INSERT INTO person (person_id, gender_concept_id, year_of_birth) VALUES (1, 8507, 1950), "
        "(2, 8507, 1950)");
    run("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
        "condition_concept_id, condition_start_date) SELECT n, 1 + n % 2, 7, DATE '2020-01-01' "
        "FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8)) t(n)");
    ASSERT_OK_AND_ASSIGN(const CheckRun first, RunChecks(*engine, {.as_of = "2023-01-01"}));
    ASSERT_OK_AND_ASSIGN(const QualitySnapshot before, SnapshotOf(*engine, first, 10));
    EXPECT_EQ(before.load_number, 1);
    EXPECT_EQ(before.tables.at("condition_occurrence").n_rows, 8);
    EXPECT_EQ(before.tables.at("condition_occurrence").n_persons, 2);
    EXPECT_EQ(before.mixes.at("condition_occurrence").counts, (Counts{{"7", 8}}));
    EXPECT_EQ(before.domains.at("7"), "Condition");
    ASSERT_OK(StoreSnapshot(*engine, before));

    run("INSERT INTO essaim_loads (number, load_id, kind, loaded_at_ms) VALUES (2, 'y', 'omop', "
        "0)");
    run("UPDATE concept SET domain_id = 'Observation' WHERE concept_id = 7");
    run("DELETE FROM condition_occurrence WHERE person_id = 2");
    run("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
        "condition_concept_id, condition_start_date) VALUES (11, 1, 7, DATE '2020-01-01')");
    ASSERT_OK_AND_ASSIGN(const CheckRun second, RunChecks(*engine, {.as_of = "2023-01-01"}));
    ASSERT_OK_AND_ASSIGN(const QualitySnapshot now, SnapshotOf(*engine, second, 20));
    ASSERT_OK_AND_ASSIGN(const std::vector<QualitySnapshot> kept, Snapshots(*engine));
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(SnapshotBefore(kept, 1), nullptr);  // the first load's report again
    const QualitySnapshot* const last = SnapshotBefore(kept, now.load_number);
    ASSERT_NE(last, nullptr);
    ReportOptions options{.as_of = "2023-01-01"};
    options.between_loads = Compare(*last, now);
    ASSERT_OK_AND_ASSIGN(const QualityReport report, Characteristics(*engine, second, options));
    std::map<std::string_view, const Metric*> m;
    for (const Metric& metric : report.metrics) m[metric.info->id] = &metric;
    EXPECT_DOUBLE_EQ(*m["C7"]->value, 3.0 / 8);
    EXPECT_DOUBLE_EQ(*m["C8"]->value, 0.5);
    EXPECT_EQ(m["C8"]->label, QualityLevel::kToWatch);
    EXPECT_DOUBLE_EQ(*m["C10"]->value, 1);
    // The check of the condition's domain is one of those that fail now.
    const auto& failed = report.between_loads->newly_failed;
    EXPECT_NE(std::ranges::find(failed, "field_fkdomain_condition_occurrence_condition_concept_id"),
              failed.end());
    EXPECT_THAT(ReportJson(report), HasSubstr("\"between_loads\""));
    for (int i = 0; i < kSnapshotsKept + 3; ++i) {
      QualitySnapshot next = now;
      next.made_at_ms = 100 + i;
      ASSERT_OK(StoreSnapshot(*engine, next));
    }
    ASSERT_OK_AND_ASSIGN(const std::vector<QualitySnapshot> all, Snapshots(*engine));
    EXPECT_EQ(all.size(), static_cast<std::size_t>(kSnapshotsKept));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace essaim
