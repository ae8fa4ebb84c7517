#include "linkage/shared_count.h"

#include "base/testing/status_matchers.h"
#include "crypto/seeded_entropy.h"
#include "linkage/made_up_testing.h"

namespace essaim::linkage {
namespace {

using ::essaim::testing::HasCode;

class SharedCountTest : public ::testing::Test {
 protected:
  crypto::SeededEntropy entropy_{SecretBytes::CopyOf("a seed"), "count"};
  absl::StatusOr<crypto::BlindingKey> a_ = crypto::BlindingKey::Draw(entropy_);
  absl::StatusOr<crypto::BlindingKey> b_ = crypto::BlindingKey::Draw(entropy_);
};

TEST_F(SharedCountTest, ExactlyEqualPersonsAreCounted) {
  const auto lists = MakeUp(ESSAIM_SOURCE_DIR "/tests/data/linkage/names.csv",
                            {.n = 200, .error_rate = 0, .with_id = 0.5, .seed = 2});
  ASSERT_OK(lists);
  const auto a = CountedKeys(FieldsOf(lists->a)), b = CountedKeys(FieldsOf(lists->b));
  const auto asked = AskCount("p", "a", a, *a_);
  ASSERT_OK(asked);
  const auto question = ReadCountQuestion(*asked);
  ASSERT_OK(question);
  const auto said = AnswerCount(*question, "b", b, *b_);
  ASSERT_OK(said);
  const auto answer = ReadCountAnswer(*said);
  ASSERT_OK(answer);
  EXPECT_EQ(answer->asked.size(), a.size());
  const auto n = FinishCount(*answer, *a_);
  ASSERT_OK(n);
  EXPECT_EQ(*n, 60u);  // 30 %
  // With another key nothing is found.
  const auto other = FinishCount(*answer, *b_);
  ASSERT_OK(other);
  EXPECT_EQ(*other, 0u);
  // Another project's elements are others.
  const auto elsewhere = AskCount("q", "a", a, *a_);
  ASSERT_OK(elsewhere);
  const auto theirs = ReadCountQuestion(*elsewhere);
  ASSERT_OK(theirs);
  EXPECT_NE(theirs->elements, question->elements);
}

TEST_F(SharedCountTest, KeysNeedAnIdentifierOrAllFields) {
  PersonFields p{.family = "A", .given = "B", .birth = "19800101", .sex = "F"};
  EXPECT_EQ(CountedKeys({p, p}).size(), 1u);
  p.sex.clear();
  EXPECT_TRUE(CountedKeys({p}).empty());
  p.national_id = "2800101001001";
  EXPECT_EQ(CountedKeys({p}).size(), 1u);
}

TEST_F(SharedCountTest, DamagedFilesAreRefused) {
  const auto asked = AskCount("p", "a", {"x", "y", "z"}, *a_);
  ASSERT_OK(asked);
  for (std::size_t n = 0; n < asked->size(); ++n)
    EXPECT_THAT(ReadCountQuestion(asked->substr(0, n)),
                HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadCountAnswer(*asked), HasCode(absl::StatusCode::kInvalidArgument));
  std::string twice = *asked;  // an element in the place of the next
  twice.replace(twice.size() - 32, 32, twice.substr(twice.size() - 64, 32));
  EXPECT_THAT(ReadCountQuestion(twice), HasCode(absl::StatusCode::kInvalidArgument));
  auto question = ReadCountQuestion(*asked);
  ASSERT_OK(question);
  EXPECT_THAT(AnswerCount(*question, "a", {"x"}, *b_), HasCode(absl::StatusCode::kInvalidArgument));
  question->elements[0] = std::string(32, '\xFF');  // no element of the group
  EXPECT_THAT(AnswerCount(*question, "b", {"x"}, *b_), HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim::linkage
