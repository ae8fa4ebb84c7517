// Expected values: R 4.2.2 pnorm, qnorm, pt, qt, pchisq, pf printed with 17 digits
// (and mpmath, 40 digits, where R is off by some 1e-15)
// (tools/reference/distributions.R).
#include "math/distributions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace essaim {
namespace {

void Near(double got, double want, double relative) {
  EXPECT_LE(std::fabs(got - want), relative * std::fabs(want)) << got << " expected " << want;
}

TEST(Distributions, NormalCdf) {
  const std::vector<std::vector<double>> cases = {{-37.5, 4.6053530095819552e-308},
                                                  {-20, 2.7536241186062337e-89},
                                                  {-8.3, 5.2055697448902552e-17},
                                                  {-5, 2.8665157187919391e-07},
                                                  {-1.96, 0.024997895148220428},
                                                  {-0.3, 0.38208857781104733},
                                                  {0, 0.5},
                                                  {0.1, 0.53982783727702899},
                                                  {1, 0.84134474606854293},
                                                  {3, 0.9986501019683699},
                                                  {8, 0.99999999999999933}};
  for (const auto& c : cases) {
    Near(NormalCdf(c[0]), c[1], c[0] < -30 ? 1e-13 : 1e-14);
    Near(NormalUpper(-c[0]), c[1], c[0] < -30 ? 1e-13 : 1e-14);
  }
  EXPECT_EQ(NormalCdf(-1e300), 0);
  EXPECT_EQ(NormalCdf(INFINITY), 1);
}

TEST(Distributions, NormalQuantile) {
  const std::vector<std::vector<double>> cases = {{1e-300, -37.047096299361201},
                                                  {1e-100, -21.273453560965319},
                                                  {1e-20, -9.2623400897984052},
                                                  {1e-5, -4.2648907939228256},
                                                  {0.025, -1.9599639845400538},
                                                  {0.3, -0.52440051270804067},
                                                  {0.9, 1.2815515655446008},
                                                  {0.975, 1.9599639845400536},
                                                  {0.99999999989999999, 6.3613408896974208}};
  for (const auto& c : cases) Near(NormalQuantile(c[0]), c[1], 1e-14);
  EXPECT_EQ(NormalQuantile(0.5), 0);
  EXPECT_EQ(NormalQuantile(1), INFINITY);
  EXPECT_TRUE(std::isnan(NormalQuantile(1.5)));
}

TEST(Distributions, StudentUpper) {
  const std::vector<std::vector<double>> cases = {
      {0.1, 1, 0.46827448256944643},        {2.5, 3, 0.043853323504032753},
      {10, 5, 8.5473787871481787e-05},      {50, 2.5, 4.0652475424793646e-05},
      {1.96, 1e6, 0.024998033792634898},    {30, 40, 2.4254538302951039827e-29},
      {8, 1000, 1.7133307411957371987e-15}, {1e5, 4, 2.9999999979999907e-20},
      {-1.3, 7, 0.88261608230381139},       {5, 182.5, 6.6957316934189817e-07}};
  for (const auto& c : cases) {
    Near(StudentTUpper(c[0], c[1]), c[2], 2e-14);
    Near(StudentTCdf(-c[0], c[1]), c[2], 2e-14);
  }
  EXPECT_EQ(StudentTCdf(0, 5), 0.5);
}

TEST(Distributions, StudentQuantile) {
  const std::vector<std::vector<double>> cases = {
      {.975, 1, 12.706204736174694},   {.975, 3, 3.1824463052837078},
      {.995, 180, 2.603418228599863},  {.6, 5, 0.26718086570414518},
      {1e-10, 4, -416.17514032960423}, {.51, 100, 0.025131697537714583},
      {.975, 1e6, 1.9599663568141066}, {.0005, 2.5, -18.277893528130697}};
  for (const auto& c : cases) Near(StudentTQuantile(c[0], c[1]), c[2], 2e-14);
}

TEST(Distributions, ChiSquaredUpper) {
  const std::vector<std::vector<double>> cases = {
      {.01, 1, 0.92034432544594202},   {3.84, 1, 0.050043521248705224},
      {50, 1, 1.5374597944280343e-12}, {1000, 1, 1.7958327848007262e-219},
      {10, 8, 0.26502591529736175},    {500, 100, 1.7201210053695373e-54},
      {90, 100, 0.75319796559982977},  {1200, 1000, 1.2255942330622908e-05},
      {1e-5, 3, 0.99999999158958341}};
  for (const auto& c : cases)
    Near(ChiSquaredUpper(c[0], c[1]), c[2], c[2] < 1e-100 ? 1e-13 : 2e-14);
  EXPECT_EQ(ChiSquaredUpper(0, 3), 1);
}

TEST(Distributions, FUpper) {
  const std::vector<std::vector<double>> cases = {
      {1, 3, 20, 0.4132519140624602},          {4.5, 2, 100, 0.013448538883227159},
      {300, 5, 40, 1.3861021061816737e-30},    {.2, 7, 9, 0.97728946594706245},
      {25, 1, 1e4, 5.8303266136626421e-07},    {2, 50, 60, 0.0052687046676167786},
      {1000, 2, 2000, 9.3326361850325597e-302}};
  for (const auto& c : cases) Near(FUpper(c[0], c[1], c[2]), c[3], c[3] < 1e-100 ? 2e-13 : 2e-14);
}

TEST(Distributions, OutOfRangeIsNaN) {
  EXPECT_TRUE(std::isnan(LogGamma(0)));
  EXPECT_TRUE(std::isnan(StudentTCdf(1, 0)));
  EXPECT_TRUE(std::isnan(ChiSquaredUpper(1, -1)));
  EXPECT_TRUE(std::isnan(FUpper(NAN, 1, 1)));
  EXPECT_TRUE(std::isnan(BetaLower(2, 1, 1)));
}

}  // namespace
}  // namespace essaim
