#include "quality/label.h"

#include <filesystem>

#include "base/testing/status_matchers.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

class LabelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(LabelTest, AStudyGetsTheQualityThatItDemandsOrTheReason) {
  const std::string folder = ::testing::TempDir() + "/label_test." + GetParam();
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
    EXPECT_OK(CheckQuality(*engine, {}));
    EXPECT_THAT(CheckQuality(*engine, demands), below("not measured since"));
    QualityReport report{.as_of = "2023-01-01"};
    report.labels[0] = QualityLevel::kToWatch;
    ASSERT_OK(StoreLabel(*engine, report, 1));
    EXPECT_OK(CheckQuality(*engine, demands));
    report.labels[2] = QualityLevel::kToWatch;
    report.labels[6] = QualityLevel::kFailed;
    ASSERT_OK(StoreLabel(*engine, report, 2));
    EXPECT_THAT(CheckQuality(*engine, demands), below("temporality is to watch, demanded: passed"));
    report.labels[2] = QualityLevel::kNotMeasured;
    ASSERT_OK(StoreLabel(*engine, report, 3));
    EXPECT_THAT(CheckQuality(*engine, demands), below("temporality is not measured"));
    ASSERT_OK_AND_ASSIGN(const std::vector<QualityLabel> labels, Labels(*engine));
    ASSERT_EQ(labels.size(), 3u);
    EXPECT_EQ(labels[1].levels[6], QualityLevel::kFailed);
    EXPECT_EQ(labels[2].as_of, "2023-01-01");
    // A load since then: what was measured is not what there is.
    report.labels[2] = QualityLevel::kPassed;
    ASSERT_OK(StoreLabel(*engine, report, 4));
    EXPECT_OK(CheckQuality(*engine, demands));
    ASSERT_OK(engine->Execute("INSERT INTO essaim_loads VALUES (1, 'x', 'omop', 0)"));
    EXPECT_THAT(CheckQuality(*engine, demands), below("not measured since"));
  }
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Engines, LabelTest, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim
