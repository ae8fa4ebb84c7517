#include "quality/distances.h"

#include <gtest/gtest.h>

namespace essaim {
namespace {

// tools/reference/quality_distances.py, SciPy 1.17.1.
TEST(Distances, EqualScipys) {
  const struct {
    Counts a, b;
    double js, psi;
  } kCases[] = {{{{"a", 3}, {"b", 7}}, {{"a", 30}, {"b", 70}}, 0, 0.001227207502109},
                {{{"a", 5}}, {{"b", 9}}, 1, 4.630023018369503},
                {{{"a", 10}, {"b", 20}, {"c", 70}},
                 {{"a", 25}, {"b", 25}, {"c", 50}},
                 0.195039824257888,
                 0.207621706658639},
                {{{"a", 120}, {"b", 45}, {"d", 15}, {"e", 8}},
                 {{"a", 100}, {"b", 60}, {"c", 12}, {"e", 9}},
                 0.284363473179671,
                 0.522954522617334},
                {{{"a", 1000}, {"b", 1}, {"c", 1}, {"d", 1}},
                 {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1000}},
                 0.993292961238887,
                 12.927934837551657}};

  for (const auto& [a, b, js, psi] : kCases) {
    EXPECT_NEAR(JensenShannonDistance(a, b), js, 1e-7);  // the root of a rounding error is 1e-8
    EXPECT_NEAR(JensenShannonDistance(b, a), js, 1e-7);
    EXPECT_NEAR(StabilityIndex(a, b), psi, 1e-12);
  }
}

TEST(Distances, OfNothing) {
  EXPECT_EQ(JensenShannonDistance({}, {}), 0);
  EXPECT_EQ(JensenShannonDistance({{"a", 1}}, {}), 1);
}

TEST(Distances, SmallCategoriesHaveNoName) {
  EXPECT_EQ(GroupSmall({{"a", 9}, {"b", 4}, {"c", 1}}, 5), (Counts{{"a", 9}, {kOtherCategory, 5}}));
  EXPECT_EQ(GroupSmall({{"a", 9}, {"b", 4}}, 5), (Counts{{"a", 9}}));
  EXPECT_EQ(GroupSmall({{"a", 2}}, 1), (Counts{{"a", 2}}));
}

TEST(Distances, BothAreGroupedAlike) {
  const CountsPair pair = GroupSmallInEither({{"a", 9}, {"b", 6}}, {{"a", 8}, {"b", 4}}, 5);
  EXPECT_EQ(pair.a, (Counts{{"a", 9}, {kOtherCategory, 6}}));
  EXPECT_EQ(pair.b, (Counts{{"a", 8}, {kOtherCategory, 4}}));
}

}  // namespace
}  // namespace essaim
