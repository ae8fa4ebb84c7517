#include "base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace essaim {
namespace {

TEST(NearestTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(EditDistance("Age", "age"), 0U);
  EXPECT_EQ(EditDistance("aeg", "age"), 1U);  // neighbours swapped
  EXPECT_EQ(EditDistance("", "age"), 3U);
}

TEST(NearestTest, LongTextsAreCutNotRefused) {
  EXPECT_EQ(EditDistance(std::string(100'000, 'a'), std::string(100'000, 'b')), 128U);
}

TEST(NearestTest, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> names = {"age", "sex", "cholesterol"};
  EXPECT_EQ(NearestName("cholestrol", names), "cholesterol");
  EXPECT_EQ(NearestName("agge", names), "age");
  EXPECT_EQ(NearestName("blood_pressure", names), "");
  EXPECT_EQ(NearestName("zzz", names), "");
  EXPECT_EQ(DidYouMean("agge", names), "; did you mean 'age'?");
  EXPECT_EQ(DidYouMean("agge", {}), "");
}

}  // namespace
}  // namespace essaim
