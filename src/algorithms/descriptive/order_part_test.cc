#include "algorithms/descriptive/order_part.h"

#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/descriptive/quantile.h"
#include "base/testing/status_matchers.h"

namespace essaim::descriptive {
namespace {

using ::essaim::testing::HasCode;

Schema OneVariable(VariableKind kind, double lower, double upper) {
  auto schema = Schema::Make({{.name = "x", .kind = kind, .lower = lower, .upper = upper}});
  EXPECT_OK(schema);
  return *schema;
}

TEST(GridTest, DecimalsOnTheGridComeBackAsTheyAre) {
  ASSERT_OK_AND_ASSIGN(const Grid grid,
                       MakeGrid(OneVariable(VariableKind::kNumber, 0.5, 200), 0, 0.01, 3));
  for (int i = 50; i <= 20000; ++i) {
    const double x = i / 100.0;
    ASSERT_EQ(grid.ValueOf(grid.CellOf(x)), x);
  }
}

TEST(GridTest, OtherValuesAreWithinHalfAStepAndTheRange) {
  ASSERT_OK_AND_ASSIGN(const Grid grid,
                       MakeGrid(OneVariable(VariableKind::kNumber, -1.3, 2.2), 0, 0.5, 2));
  for (double x = -1.3; x <= 2.2; x += 0.01) {
    const double shown = grid.ValueOf(grid.CellOf(x));
    ASSERT_LE(std::fabs(shown - x), 0.25 + 1e-12) << x;
    ASSERT_TRUE(shown >= -1.3 && shown <= 2.2) << x;
  }
}

TEST(GridTest, BinsReachOneCellInTheRoundsAllowed) {
  for (const double cells : {1.0, 2.0, 999.0, 1000.0, 1001.0, 1e6, 1e9}) {
    for (const int rounds : {1, 2, 3, 7}) {
      if (cells > 1e6 && rounds == 1) continue;
      ASSERT_OK_AND_ASSIGN(const Grid grid,
                           MakeGrid(OneVariable(VariableKind::kInteger, 1, cells), 0, 1, rounds));
      std::int64_t width = grid.n_cells;
      for (int r = 0; r < rounds; ++r) width = (width + grid.n_bins - 1) / grid.n_bins;
      EXPECT_EQ(width, 1) << cells << " cells in " << rounds;
    }
  }
}

TEST(GridTest, RefusesAResolutionThatDoesNotFit) {
  const Schema schema = OneVariable(VariableKind::kNumber, 0, 1e9);
  for (const double resolution : {0.0, -1.0, 1e-9, std::nan("")}) {
    EXPECT_THAT(MakeGrid(schema, 0, resolution, 3), HasCode(absl::StatusCode::kInvalidArgument));
  }
}

TEST(GridTest, DefaultResolutionIsAPowerOfTen) {
  const auto of = [](VariableKind kind, double lower, double upper) {
    return DefaultResolution(OneVariable(kind, lower, upper).variables()[0]);
  };
  EXPECT_EQ(of(VariableKind::kInteger, 0, 5000), 1);
  EXPECT_DOUBLE_EQ(of(VariableKind::kNumber, 18, 90), 0.01);
  EXPECT_DOUBLE_EQ(of(VariableKind::kNumber, 0, 1000), 1);
  EXPECT_EQ(of(VariableKind::kNumber, 5, 5), 1);
}

TEST(QuantileTest, RefusesProbabilitiesAndCategories) {
  auto schema = Schema::Make(
      {{.name = "c", .kind = VariableKind::kCategory, .levels = {"a", "b"}}, {.name = "x"}});
  ASSERT_OK(schema);
  const essaim::Setup category{.schema = *schema, .params = {{{"variable", std::string("c")}}}};
  EXPECT_THAT(QuantileInfo().make(category), HasCode(absl::StatusCode::kInvalidArgument));
  const essaim::Setup by_number{
      .schema = *schema, .params = {{{"variable", std::string("x")}, {"by", std::string("x")}}}};
  EXPECT_THAT(QuantileInfo().make(by_number), HasCode(absl::StatusCode::kInvalidArgument));
  const Params outside{
      {{"variable", std::string("x")}, {"probabilities", std::vector<double>{1.5}}}};
  EXPECT_THAT(CheckParams(QuantileInfo().params, outside, *schema),
              HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim::descriptive
