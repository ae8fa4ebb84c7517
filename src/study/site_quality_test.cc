#include "study/site_quality.h"

#include "base/testing/status_matchers.h"
#include "study/study.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

std::string Text(const std::string& quality) {
  return R"(essaim: 1
name: adults
data:
  omop: |
    cohort: {}
    variables:
      - {name: age, from: age, type: integer, range: [0, 120]}
sites: [a, b, c]
quality: )" +
         quality + R"(
analyses:
  - {name: n, algorithm: descriptive/count}
)";
}

TEST(QualityOfAStudy, MayHaveThresholdsOfItsOwn) {
  ASSERT_OK_AND_ASSIGN(
      const Study study,
      ParseStudy(Text("{volume: to_watch, bias: passed, thresholds: {V7: {watch: 0.8, fail: 0.5}, "
                      "V4: {fail: 0.9}, B1: {watch: 0.75}}}"),
                 nullptr));
  EXPECT_EQ(study.quality_bounds.at("V7"), (QualityBound{.watch = 0.8, .fail = 0.5}));
  EXPECT_EQ(study.quality_bounds.at("V4"), (QualityBound{.watch = std::nullopt, .fail = 0.9}));
  ASSERT_OK_AND_ASSIGN(const Study again, ParseStudy(study.source, nullptr));
  EXPECT_EQ(again.source, study.source);
  EXPECT_EQ(again.quality_bounds, study.quality_bounds);
}

TEST(QualityOfAStudy, PointsAtEachFault) {
  const std::pair<const char*, const char*> faults[] = {
      {"{volum: passed}", "quality.volum: unknown key, did you mean volume?"},
      {"{volume: passed, thresholds: {V77: {watch: 1}}}", "did you mean V7?"},
      {"{volume: passed, thresholds: {V7: {watch: high}}}", "V7.watch: expected a number"},
      {"{volume: passed, thresholds: {V7: {watsh: 1}}}", "did you mean watch?"},
      {"{volume: passed, thresholds: {V7: {}}}", "expected watch, fail or both"},
      {"{volume: passed, thresholds: {V7: {watch: 0.5, fail: 0.8}}}", "more is better"},
      {"{volume: passed, thresholds: {V4: {watch: 0.8, fail: 0.5}}}", "less is better"},
      {"{volume: passed, thresholds: {B1: {watch: 0.8}}}",
       "9:39: quality.thresholds.B1: is a "
       "figure of bias, which the study does not demand"},
  };
  for (const auto& [text, message] : faults) {
    EXPECT_THAT(ParseStudy(Text(text), nullptr),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
}

}  // namespace
}  // namespace essaim
