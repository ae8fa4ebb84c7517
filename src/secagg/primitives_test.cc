#include <cmath>
#include <limits>

#include "base/limits.h"
#include "base/testing/status_matchers.h"
#include "crypto/entropy.h"
#include "crypto/seeded_entropy.h"
#include "secagg/codec.h"
#include "secagg/shamir.h"
#include "secagg/threshold.h"

namespace essaim::secagg {
namespace {

using ::essaim::testing::HasCode;
using ::testing::HasSubstr;

SecretBytes RandomSecret(Entropy& entropy) {
  SecretBytes s(kSharedSecretBytes);
  EXPECT_OK(entropy.Fill({s.data(), s.size()}));
  return s;
}

class NoEntropy final : public Entropy {
 public:
  absl::Status Fill(std::span<std::uint8_t>) override { return absl::UnavailableError("none"); }
};

TEST(Shamir, AnyThresholdSharesGiveTheSecretAndFewerDoNot) {
  crypto::SeededEntropy entropy(SecretBytes(32), "shamir");
  for (const auto& [t, n] : {std::pair{1, 1}, {2, 3}, {3, 4}, {39, 64}}) {
    const SecretBytes secret = RandomSecret(entropy);
    ASSERT_OK_AND_ASSIGN(std::vector<Share> shares, Split(secret, t, n, entropy));
    for (int turn = 0; turn < n; ++turn) {
      std::rotate(shares.begin(), shares.begin() + 1, shares.end());
      EXPECT_EQ(Combine(shares, t)->view(), secret.view());
    }
    if (t > 1) {
      const absl::StatusOr<SecretBytes> fewer = Combine(std::span(shares).first(t - 1), t - 1);
      EXPECT_TRUE(!fewer.ok() || fewer->view() != secret.view());
    }
  }
}

TEST(Shamir, NamesTheHoldersOfWrongShares) {
  crypto::SeededEntropy entropy(SecretBytes(32), "wrong");
  const SecretBytes secret = RandomSecret(entropy);
  ASSERT_OK_AND_ASSIGN(std::vector<Share> shares, Split(secret, 3, 6, entropy));
  shares[0].y[2] ^= 1;
  shares[4].y[0] ^= 4;
  const auto right = [&](const SecretBytes& s) { return s.view() == secret.view(); };
  ASSERT_OK_AND_ASSIGN(const Recovered recovered, CombineChecked(shares, 3, right));
  EXPECT_THAT(recovered.wrong, ::testing::ElementsAre(1, 5));
  EXPECT_THAT(CombineChecked(std::span(shares).first(3), 3, right),
              HasCode(absl::StatusCode::kDataLoss));
}

TEST(Shamir, RefusesBadThresholdsPointsSharesAndEntropy) {
  crypto::SystemEntropy entropy;
  NoEntropy none;
  const SecretBytes secret(32);
  EXPECT_THAT(Split(secret, 0, 3, entropy), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Split(secret, 4, 3, entropy), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Split(SecretBytes(31), 2, 3, entropy), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Split(secret, 2, 3, none), HasCode(absl::StatusCode::kUnavailable));
  const Share same{.x = 1, .y = {}};
  EXPECT_THAT(Combine(std::vector<Share>{same, same}, 2),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Share::Decode(1, "short"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Share::Decode(1, std::string(kShareBytes, '\xff')),
              HasCode(absl::StatusCode::kInvalidArgument));
}

// The table of thresholds with a signed consistency round: n, colluding sites, threshold.
TEST(Threshold, PublishedTable) {
  const std::size_t table[][3] = {{3, 1, 3},  {4, 1, 3},   {5, 1, 4},   {7, 2, 5},
                                  {10, 3, 7}, {16, 4, 11}, {64, 12, 39}};
  for (const auto& [n, c, t] : table) EXPECT_EQ(*ThresholdFor(n, c), t) << n;
  for (std::size_t n = 2; n <= kCompleteGraphMax; ++n) {
    for (std::size_t c = 0; c + 2 <= n; ++c) {
      ASSERT_OK_AND_ASSIGN(const std::size_t t, ThresholdFor(n, c));
      EXPECT_GT(2 * t, n + c);
      EXPECT_LE(t, n);
    }
  }
  EXPECT_THAT(ThresholdFor(1, 0), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ThresholdFor(65, 1), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ThresholdFor(3, 2), HasCode(absl::StatusCode::kInvalidArgument));
}

Layout Mixed() {
  return {.additivity = Additivity::kPerPerson,
          .blocks = {{.name = "n", .length = 2, .bound = 1, .integral = true},
                     {.name = "sum", .length = 3, .bound = 250.5, .integral = false}}};
}

TEST(Codec, SumsAreExactAndKeepEveryBitOfADouble) {
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(Mixed(), 4, std::uint64_t{1} << 30));
  const std::vector<std::vector<double>> x = {
      {3, -2, 0.1, 1e-15, -250.5}, {0, 5, 1.0 / 3, -1e-9, 700}, {100, 1, -0.1, 3e-12, 0}};
  EncodedVector sum{.whole = std::vector<std::uint64_t>(codec.n_whole()),
                    .real = std::vector<Uint128>(codec.n_real())};
  for (const auto& v : x) {
    ASSERT_OK_AND_ASSIGN(const EncodedVector e, codec.Encode(v, 100));
    ASSERT_OK_AND_ASSIGN(const EncodedVector back,
                         EncodedVector::Decode(e.Encode(), codec.n_whole(), codec.n_real()));
    EXPECT_EQ(back, e);
    sum.Add(e);
  }
  ASSERT_OK_AND_ASSIGN(const std::vector<double> total, codec.Decode(sum, 3));
  EXPECT_EQ(total[0], 103);
  EXPECT_EQ(total[1], 4);
  EXPECT_EQ(total[2], 1.0 / 3);
  EXPECT_NEAR(total[3], 1e-15 - 1e-9 + 3e-12, 1e-24);
  EXPECT_EQ(total[4], 449.5);
}

TEST(Codec, RefusesWhatCouldOverflow) {
  Layout layout = Mixed();
  layout.blocks[1].bound = std::numeric_limits<double>::max();
  EXPECT_THAT(Codec::Plan(layout, 4, std::uint64_t{1} << 30),
              testing::StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("sum")));
  layout.blocks[1].bound = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Codec::Plan(layout, 4, 1), HasCode(absl::StatusCode::kInvalidArgument));
  layout.blocks[1] = {
      .name = "huge", .length = limits::kVectorLengthMax, .bound = 1, .integral = false};
  EXPECT_THAT(Codec::Plan(layout, 4, 1), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(Codec, RefusesValuesOutsideTheirBound) {
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(Mixed(), 4, 1000));
  const auto encode = [&](double count, double sum) {
    return codec.Encode(std::vector<double>{count, 0, sum, 0, 0}, 2).status();
  };
  EXPECT_OK(encode(2, 501));
  EXPECT_THAT(encode(3, 0), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(encode(0.5, 0), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(encode(0, 502), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(encode(0, std::nan("")), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(Codec, TheCanaryFindsASumThatIsNotOne) {
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(Mixed(), 4, 1000));
  ASSERT_OK_AND_ASSIGN(const EncodedVector one, codec.Encode(std::vector<double>(5, 0.0), 2));
  EXPECT_OK(codec.Decode(one, 1));
  EXPECT_THAT(codec.Decode(one, 2), HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(EncodedVector::Decode("short", 3, 3), HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim::secagg
