#include "algorithms/descriptive/inference.h"

#include <gtest/gtest.h>

#include <cmath>

namespace essaim::descriptive {
namespace {

Moments Group(std::int64_t n, double mean, double variance) {
  return {.persons = n, .n = n, .mean = mean, .variance = variance};
}

TEST(InferenceTest, TheTwoTTestsAgreeOnEqualGroups) {
  const Moments a = Group(10, 1, 4), b = Group(10, 3, 4);
  EXPECT_DOUBLE_EQ(WelchT(a, b).test.statistic, PooledT(a, b).test.statistic);
  EXPECT_DOUBLE_EQ(WelchT(a, b).test.df, 18);
  EXPECT_DOUBLE_EQ(WelchT(a, b).test.p, PooledT(a, b).test.p);
  EXPECT_DOUBLE_EQ(WelchT(a, b).difference, -2);
}

TEST(InferenceTest, FOfTwoGroupsIsTheSquareOfT) {
  const Moments groups[] = {Group(12, 1, 4), Group(7, 3, 5)};
  const TestValue t = PooledT(groups[0], groups[1]).test;
  const TestValue f = OneWayAnova(groups).test;
  EXPECT_NEAR(f.statistic, t.statistic * t.statistic, 1e-12);
  EXPECT_NEAR(f.p, t.p, 1e-12);
}

TEST(InferenceTest, WhatCannotBeTestedIsNotANumber) {
  const double nan = std::nan("");
  EXPECT_TRUE(std::isnan(WelchT(Group(1, 1, nan), Group(9, 2, 1)).test.p));
  EXPECT_TRUE(std::isnan(WelchT(Group(5, 1, 0), Group(9, 2, 0)).test.p));
  EXPECT_TRUE(std::isnan(PooledT(Group(0, nan, nan), Group(9, 2, 1)).test.p));
  const Moments alone[] = {Group(9, 1, 1), Group(0, nan, nan)};
  EXPECT_TRUE(std::isnan(OneWayAnova(alone).test.p));
  const std::int64_t one_row[] = {5, 6, 0, 0};
  EXPECT_TRUE(std::isnan(ChiSquaredTest(one_row, 2, true).test.p));
  const std::int64_t nobody[] = {0, 0, 0, 0};
  EXPECT_TRUE(std::isnan(ChiSquaredTest(nobody, 2, true).test.p));
  EXPECT_TRUE(std::isnan(MeanDifference(Group(5, 1, 0), Group(5, 2, 0))));
}

TEST(InferenceTest, EmptyLevelsAreLeftOut) {
  const std::int64_t with_empty[] = {10, 20, 0, 0, 30, 5};  // three rows of two, the middle empty
  const std::int64_t without[] = {10, 20, 30, 5};
  const ChiSquared a = ChiSquaredTest(with_empty, 2, true), b = ChiSquaredTest(without, 2, true);
  EXPECT_DOUBLE_EQ(a.test.statistic, b.test.statistic);
  EXPECT_EQ(a.test.df, 1);
  EXPECT_FALSE(a.small_expected);
}

TEST(InferenceTest, LevelsDifference) {
  const std::int64_t a[] = {30, 70}, b[] = {50, 50};
  EXPECT_NEAR(LevelsDifference(a, b), 0.2 / std::sqrt((0.21 + 0.25) / 2), 1e-14);
  EXPECT_EQ(LevelsDifference(a, a), 0);
  const std::int64_t padded_a[] = {0, 30, 0, 70, 0}, padded_b[] = {0, 50, 0, 50, 0};
  EXPECT_NEAR(LevelsDifference(padded_a, padded_b), LevelsDifference(a, b), 1e-14);
  const std::int64_t nobody[] = {0, 0}, one_level[] = {9, 0};
  EXPECT_TRUE(std::isnan(LevelsDifference(a, nobody)));
  EXPECT_EQ(LevelsDifference(one_level, one_level), 0);
  const std::int64_t apart_a[] = {9, 0}, apart_b[] = {0, 9};  // no variance: infinitely far
  EXPECT_TRUE(std::isnan(LevelsDifference(apart_a, apart_b)));
}

}  // namespace
}  // namespace essaim::descriptive
