// Against recordlinkage 0.16 (tools/reference/linkage_em.py).
#include "linkage/fellegi_sunter.h"

#include <cmath>
#include <string_view>

#include "base/testing/status_matchers.h"

namespace essaim::linkage {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

struct Row {
  std::string_view levels;  // a digit a field
  double count;
};

constexpr Row kRows[] = {
    {"00000", 3953}, {"00003", 234},  {"00030", 4941}, {"00033", 286}, {"00200", 527},
    {"00203", 18},   {"00230", 395},  {"00233", 23},   {"00300", 120}, {"00303", 6},
    {"00330", 88},   {"00333", 6},    {"02000", 741},  {"02003", 42},  {"02030", 889},
    {"02033", 31},   {"02200", 59},   {"02203", 3},    {"02230", 72},  {"02233", 4},
    {"02300", 13},   {"02330", 18},   {"02333", 7},    {"03000", 593}, {"03003", 20},
    {"03030", 445},  {"03033", 26},   {"03200", 48},   {"03203", 2},   {"03230", 35},
    {"03233", 4},    {"03300", 11},   {"03303", 1},    {"03330", 28},  {"03333", 24},
    {"20000", 523},  {"20003", 30},   {"20030", 639},  {"20033", 37},  {"20200", 41},
    {"20203", 2},    {"20230", 51},   {"20233", 3},    {"20300", 15},  {"20330", 14},
    {"20333", 8},    {"22000", 95},   {"22003", 5},    {"22030", 70},  {"22033", 4},
    {"22200", 7},    {"22230", 10},   {"22233", 1},    {"22300", 1},   {"22330", 12},
    {"22333", 26},   {"23000", 46},   {"23003", 2},    {"23030", 59},  {"23033", 7},
    {"23200", 6},    {"23230", 8},    {"23233", 9},    {"23300", 2},   {"23303", 2},
    {"23330", 41},   {"23333", 106},  {"30000", 290},  {"30003", 16},  {"30030", 350},
    {"30033", 14},   {"30200", 23},   {"30203", 1},    {"30230", 31},  {"30233", 9},
    {"30300", 5},    {"30303", 1},    {"30330", 42},   {"30333", 92},  {"32000", 52},
    {"32003", 1},    {"32030", 42},   {"32033", 10},   {"32200", 4},   {"32230", 9},
    {"32233", 17},   {"32300", 3},    {"32303", 5},    {"32330", 129}, {"32333", 200},
    {"33000", 26},   {"33003", 2},    {"33030", 52},   {"33033", 55},  {"33200", 2},
    {"33203", 2},    {"33230", 47},   {"33233", 114},  {"33300", 14},  {"33303", 21},
    {"33330", 514},  {"33333", 1333},
};

PatternCounts Counts() {
  PatternCounts counts;
  for (const Row& row : kRows) {
    Comparison c;
    for (std::size_t f = 0; f < kFields; ++f)
      c.levels[f] = static_cast<std::int8_t>(row.levels[f] - '0');
    counts[c] = row.count;
  }
  return counts;
}

constexpr double kTolerance = 1e-6;  // of a probability; both stop when nothing moves by 1e-9

TEST(FellegiSunter, EmFindsWhatRecordlinkageFinds) {
  const std::array<FieldModel, kFields> expected = {
      {{.m = {0.017714647711, 0, 0.073982218656, 0.908303133634},
        .u = {0.841363010313, 0, 0.102756919887, 0.0558800698}},
       {.m = {0.053740860822, 0, 0.142694061098, 0.80356507808},
        .u = {0.780828812584, 0, 0.133657216758, 0.085513970658}},
       {.m = {0.032594499645, 0, 0.072418331282, 0.894987169073},
        .u = {0.895069078635, 0, 0.084867318776, 0.020063602589}},
       {.m = {0.017151239249, 0, 0, 0.982848760751}, .u = {0.467213063875, 0, 0, 0.532786936125}},
       {.m = {0.291567104546, 0, 0, 0.708432895454}, .u = {0.949005793398, 0, 0, 0.050994206602}}}};
  const auto fit = FitByEm(Counts(), DefaultModel(0.1), {.tolerance = 1e-12});
  ASSERT_OK(fit);
  EXPECT_TRUE(fit->converged);
  EXPECT_NEAR(fit->model.prior, 1 - 0.849124434859148, kTolerance);
  for (std::size_t f = 0; f < kFields; ++f) {
    for (std::size_t l = 0; l < kLevels; ++l) {
      EXPECT_NEAR(fit->model.fields[f].m[l], expected[f].m[l], kTolerance) << f << " " << l;
      EXPECT_NEAR(fit->model.fields[f].u[l], expected[f].u[l], kTolerance) << f << " " << l;
    }
  }
}

TEST(FellegiSunter, TheStartDoesNotDecide) {
  LinkModel start = DefaultModel(0.4);
  start.fields[0].m = {0.3, 0.1, 0.2, 0.4};
  const auto one = FitByEm(Counts(), DefaultModel(0.01), {}), two = FitByEm(Counts(), start, {});
  ASSERT_OK(one);
  ASSERT_OK(two);
  EXPECT_NEAR(one->model.prior, two->model.prior, 1e-5);
  EXPECT_NEAR(one->n_matches / 20'000, one->model.prior, 1e-2);
}

TEST(FellegiSunter, WeightsAreLogarithmsOfRatios) {
  LinkModel model = DefaultModel(0.001);
  model.fields[0] = {.m = {0.1, 0.1, 0.2, 0.6}, .u = {0.9, 0.05, 0.03, 0.02}};
  const double family = std::log2(0.6 / 0.02);
  Comparison c{{kExact, kMissing, kMissing, kMissing, kMissing}};
  EXPECT_NEAR(model.Weight(c), family, 1e-12);
  EXPECT_NEAR(model.Probability(c), 1 / (1 + 0.999 / 0.001 / 30), 1e-12);
  c.levels[3] = kExact;
  EXPECT_NEAR(model.Weight(c), family + std::log2(0.98 / 0.5), 1e-12);
}

TEST(FellegiSunter, FieldsThatSayNothingStay) {
  const auto fit = FitByEm(Counts(), DefaultModel(0.1),
                           {.fields = {true, false, true, true, true}, .fix_u = true});
  ASSERT_OK(fit);
  EXPECT_EQ(fit->model.fields[1].m, DefaultModel(0.1).fields[1].m);
  EXPECT_EQ(fit->model.fields[0].u, DefaultModel(0.1).fields[0].u);
}

TEST(FellegiSunter, NothingToEstimateFrom) {
  EXPECT_THAT(FitByEm({}, DefaultModel(0.1), {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no pairs")));
  LinkModel bad = DefaultModel(0.1);
  bad.fields[2].u[0] = 0;
  EXPECT_THAT(FitByEm(Counts(), bad, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("between 0 and 1")));
}

}  // namespace
}  // namespace essaim::linkage
