#include "algo/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;

State Sample() {
  State state;
  state.round = 3;
  state.Set("n", 12);
  state.vectors["beta"] = {0.1, -2, 1e300};
  state.vectors["empty"] = {};
  return state;
}

TEST(StateTest, SurvivesEncoding) {
  ASSERT_OK_AND_ASSIGN(const State decoded, State::Decode(Sample().Encode()));
  EXPECT_EQ(decoded, Sample());
}

TEST(StateTest, GettersAnswerWithoutEnding) {
  const State state = Sample();
  EXPECT_EQ(state.Scalar("n"), 12);
  EXPECT_TRUE(state.Get("absent").empty());
  EXPECT_TRUE(std::isnan(state.Scalar("absent")));
  EXPECT_TRUE(std::isnan(state.Scalar("beta")));
  EXPECT_TRUE(state.Has("empty"));
  EXPECT_FALSE(state.Has("absent"));
}

TEST(StateTest, EqualStatesHaveEqualBytes) {
  State zero, negative_zero;
  zero.Set("x", 0.0);
  negative_zero.Set("x", -0.0);
  EXPECT_EQ(zero, negative_zero);
  EXPECT_EQ(zero.Encode(), negative_zero.Encode());
  State nan, other_nan;
  nan.Set("x", std::numeric_limits<double>::quiet_NaN());
  other_nan.Set("x", -std::nan("5"));
  EXPECT_EQ(nan.Encode(), other_nan.Encode());
}

TEST(StateTest, EveryTruncationAndTailIsRefused) {
  const std::string bytes = Sample().Encode();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(State::Decode(bytes.substr(0, n)).ok()) << n;
  }
  EXPECT_THAT(State::Decode(bytes + "x"), HasCode(absl::StatusCode::kInvalidArgument));
}

// What decodes is what Encode writes: one sequence of bytes a state.
TEST(StateTest, AcceptsOnlyTheCanonicalForm) {
  const std::string bytes = Sample().Encode();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {1, 64, 128}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      const auto decoded = State::Decode(changed);
      if (!decoded.ok()) continue;
      EXPECT_EQ(decoded->Encode(), changed) << "byte " << i;
    }
  }
}

TEST(StateTest, ALyingLengthCostsNothing) {
  std::string bytes = Sample().Encode();
  for (std::size_t i = 9; i < 17; ++i) bytes[i] = '\x7f';  // the number of vectors
  EXPECT_FALSE(State::Decode(bytes).ok());
  State negative = Sample();
  negative.round = -1;
  EXPECT_FALSE(State::Decode(negative.Encode()).ok());
}

}  // namespace
}  // namespace essaim
