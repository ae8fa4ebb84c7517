#include "algorithms/descriptive/site_distance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/testing/status_matchers.h"
#include "tests/conformance/plain_run.h"

namespace essaim::descriptive {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

Schema Stages() {
  Variable stage{.name = "stage", .kind = VariableKind::kCategory};
  stage.levels = {"I", "II", "III", "IV"};
  return *Schema::Make({stage, Variable{.name = "age", .lower = 0, .upper = 100}});
}

// Persons at each stage, and without one.
PersonTable Site(std::size_t site, const std::vector<int>& counts) {
  std::vector<double> stages;
  for (std::size_t level = 0; level < counts.size(); ++level) {
    const double value = level + 1 == counts.size() ? std::numeric_limits<double>::quiet_NaN()
                                                    : static_cast<double>(level);
    stages.insert(stages.end(), static_cast<std::size_t>(counts[level]), value);
  }
  std::vector<double> ages(stages.size(), 50);
  return *PersonTable::Make(Stages(), {stages, ages}, site);
}

std::unique_ptr<Algorithm> Make(Params params) {
  auto made = SiteDistanceInfo().make(
      {.schema = Stages(), .sites = {"north", "south", "west", "small"}, .params = params});
  EXPECT_OK(made.status());
  return made.ok() ? *std::move(made) : nullptr;
}

// tools/reference/site_distance.py, SciPy 1.17.1.
TEST(SiteDistance, EqualsSciPyToAHundredth) {
  const auto algorithm = Make({{{"variable", std::string("stage")}}});
  const std::vector<PersonTable> sites = {Site(0, {120, 45, 0, 15, 8}),
                                          Site(1, {100, 60, 12, 0, 9}),
                                          Site(2, {20, 30, 140, 25, 11}), Site(3, {3, 2, 0, 1, 1})};
  ASSERT_OK_AND_ASSIGN(const Result result, conformance::PlainRun(*algorithm, sites));
  EXPECT_EQ(result.rounds, 2);
  ASSERT_EQ(result.tables[0].rows.size(), 4u);
  const double expected[] = {0.313819335362200, 0.259085799875392, 0.386129544523612};
  for (std::size_t i = 0; i < 3; ++i) {
    const double told = std::get<double>(result.tables[0].rows[i][1]);
    EXPECT_NEAR(told, expected[i], 0.005);
    EXPECT_DOUBLE_EQ(told, std::round(100 * told) / 100);  // and no more digits than that
  }
  EXPECT_TRUE(std::holds_alternative<std::monostate>(result.tables[0].rows[3][1]));
  EXPECT_THAT(result.notes[0], HasSubstr("fewer than 10 persons"));
}

TEST(SiteDistance, ASiteWritesIntoItsOwnSlotAlone) {
  const auto algorithm = Make({{{"variable", std::string("stage")}}});
  State state;
  state.round = 1;
  state.vectors["n"] = {200, 100, 100, 50, 20};
  std::vector<double> out(algorithm->LayoutFor(state).length());
  ASSERT_EQ(out.size(), 5u + 4 + 4);
  ASSERT_OK(algorithm->LocalStatistic(Site(2, {20, 30, 140, 25, 11}), state, out));
  for (std::size_t slot = 0; slot < 4; ++slot) {
    EXPECT_EQ(out[5 + slot], slot == 2 ? 1 : 0);
    EXPECT_EQ(out[9 + slot] > 0, slot == 2);
  }
}

TEST(SiteDistance, RefusesQuestionsAboutAnythingButTheSum) {
  const auto algorithm = Make({{{"variable", std::string("stage")}}});
  State state;
  state.vectors["n"] = {200, 100, 100, 50, 20};
  state.round = 5;
  EXPECT_EQ(algorithm->LayoutFor(state).length(), 0u);
  state.round = 1;
  state.vectors["n"][0] = 0.5;
  std::vector<double> out;
  EXPECT_THAT(algorithm->LocalStatistic(Site(0, {20, 0, 0, 0, 0}), state, out),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("counts that are none")));
}

TEST(SiteDistance, TakesBinsOfANumberAndRefusesThemOfLevels) {
  const auto made = [](Params params) {
    return SiteDistanceInfo()
        .make({.schema = Stages(), .sites = {"a", "b"}, .params = std::move(params)})
        .status();
  };
  const std::vector<double> edges = {0, 50, 100};
  EXPECT_OK(made({{{"variable", std::string("age")}, {"edges", edges}}}));
  EXPECT_THAT(made({{{"variable", std::string("stage")}, {"edges", edges}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("are for a number")));
}

}  // namespace
}  // namespace essaim::descriptive
