#include "quality/label.h"

#include <algorithm>
#include <filesystem>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

class LabelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(LabelTest, AStudyGetsTheQualityThatItDemandsOrTheReason) {
  const std::string folder = testing::TempPath("label_test", GetParam());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    TestEngines engines;
    ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make(GetParam(), folder));
    ASSERT_OK(CreateCdm(*engine));
    const auto below = [&](const char* text) {
      return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(text));
    };
    const std::map<std::string, std::string> demands = {{"volume", "to_watch"},
                                                        {"temporality", "passed"}};
    EXPECT_OK(CheckQuality(*engine, {}, {}));
    EXPECT_THAT(CheckQuality(*engine, demands, {}), below("not measured since"));
    QualityReport report{.as_of = "2023-01-01"};
    report.labels[0] = QualityLevel::kToWatch;
    ASSERT_OK(StoreLabel(*engine, report, 1));
    EXPECT_OK(CheckQuality(*engine, demands, {}));
    report.labels[2] = QualityLevel::kToWatch;
    report.labels[6] = QualityLevel::kFailed;
    ASSERT_OK(StoreLabel(*engine, report, 2));
    EXPECT_THAT(CheckQuality(*engine, demands, {}),
                below("temporality is to watch, demanded: passed"));
    report.labels[2] = QualityLevel::kNotMeasured;
    ASSERT_OK(StoreLabel(*engine, report, 3));
    EXPECT_THAT(CheckQuality(*engine, demands, {}), below("temporality is not measured"));
    ASSERT_OK_AND_ASSIGN(const std::vector<QualityLabel> labels, Labels(*engine));
    ASSERT_EQ(labels.size(), 3u);
    EXPECT_EQ(labels[1].levels[6], QualityLevel::kFailed);
    EXPECT_EQ(labels[2].as_of, "2023-01-01");
    // What the site tells beside a result.
    ASSERT_OK_AND_ASSIGN(const SiteQuality told, CurrentLabel(*engine));
    EXPECT_EQ(told.as_of, "2023-01-01");
    EXPECT_TRUE(told.since_last_load);
    EXPECT_EQ(told.levels[0], SiteLevel::kToWatch);
    EXPECT_EQ(told.levels[6], SiteLevel::kFailed);
    // A load since then: what was measured is not what there is.
    report.labels[2] = QualityLevel::kPassed;
    ASSERT_OK(StoreLabel(*engine, report, 4));
    EXPECT_OK(CheckQuality(*engine, demands, {}));
    ASSERT_OK(
        engine->Execute("INSERT INTO essaim_loads (number, load_id, kind, loaded_at_ms) VALUES (1, "
                        "'x', 'omop', 0)"));
    EXPECT_THAT(CheckQuality(*engine, demands, {}), below("not measured since"));
    ASSERT_OK_AND_ASSIGN(const SiteQuality stale, CurrentLabel(*engine));
    EXPECT_FALSE(stale.since_last_load);
  }
  std::filesystem::remove_all(folder);
}

// A study's own bounds judge the figures of the last report anew, and leave the others' levels.
TEST_P(LabelTest, AStudyMayHaveBoundsOfItsOwn) {
  const std::string folder = testing::TempPath("label_test_bounds", GetParam());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    TestEngines engines;
    ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make(GetParam(), folder));
    ASSERT_OK(CreateCdm(*engine));
    ASSERT_OK_AND_ASSIGN(const SiteQuality none, CurrentLabel(*engine));
    EXPECT_EQ(none.as_of, "");
    EXPECT_EQ(none.levels[3], SiteLevel::kNotMeasured);
    QualityReport report{.as_of = "2023-01-01"};
    for (const MetricInfo& info : MetricList()) report.metrics.push_back({.info = &info});
    const auto metric = [&](std::string_view id) -> Metric& {
      return *std::ranges::find_if(report.metrics,
                                   [&](const Metric& m) { return m.info->id == id; });
    };
    metric("V6").value = 0.7, metric("V6").label = QualityLevel::kToWatch;
    metric("V7").value = 0.6, metric("V7").label = QualityLevel::kPassed;
    report.labels[0] = QualityLevel::kToWatch;
    const std::map<std::string, std::string> demands = {{"volume", "to_watch"}};
    const auto check = [&](const std::map<std::string, QualityBound>& bounds) {
      return CheckQuality(*engine, demands, bounds);
    };
    const auto below = [&](const char* text) {
      return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(text));
    };
    ASSERT_OK(StoreLabel(*engine, report, 5));
    EXPECT_THAT(check({{"V7", {.watch = 0.5, .fail = {}}}}), below("figures were not kept"));
    ASSERT_OK(StoreReport(*engine, report, {.made_at_ms = 6, .as_of = "2023-01-01"}));
    EXPECT_OK(check({{"V7", {.watch = 0.9, .fail = 0.5}}}));
    EXPECT_THAT(check({{"V7", {.watch = 0.9, .fail = 0.61}}}),
                below("volume is failed, demanded: to watch"));
    EXPECT_OK(CheckQuality(*engine, {{"volume", "passed"}}, {{"V6", {.watch = 0.5, .fail = {}}}}));
    EXPECT_THAT(CheckQuality(*engine, {{"volume", "passed"}}, {{"V7", {.watch = 0.5, .fail = {}}}}),
                below("volume is to watch"));
  }
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Engines, LabelTest, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim
