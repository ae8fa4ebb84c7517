#include "secagg/packed.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/limits.h"
#include "base/testing/status_matchers.h"
#include "crypto/mask.h"
#include "crypto/seeded_entropy.h"
#include "secagg/ring.h"

namespace essaim::secagg {
namespace {

using ::essaim::testing::HasCode;

std::vector<std::uint32_t> RandomWords(std::size_t n, std::string_view label) {
  crypto::SeededEntropy entropy(SecretBytes(32), label);
  std::vector<std::uint32_t> words(n);
  EXPECT_OK(entropy.Fill({reinterpret_cast<std::uint8_t*>(words.data()), 4 * n}));
  return words;
}

TEST(PackBits, GivesBackTheLowBitsOfEveryLength) {
  for (int bits = kPackedBitsMin; bits <= kPackedBitsMax; ++bits) {
    for (const std::size_t n : {0u, 1u, 2u, 3u, 7u, 8u, 9u, 31u, 1000u}) {
      std::vector<std::uint32_t> words = RandomWords(n, "pack");
      const std::string bytes = PackBits(words, bits);
      EXPECT_EQ(bytes.size(), (n * bits + 7) / 8);
      if (bits < 32) {
        for (std::uint32_t& w : words) w &= (1U << bits) - 1;
      }
      ASSERT_OK_AND_ASSIGN(const auto back, UnpackBits(bytes, n, bits));
      ASSERT_EQ(back, words) << bits << " bits, " << n;
    }
  }
}

TEST(PackBits, PutsTheFirstWordLowest) {
  EXPECT_EQ(PackBits(std::vector<std::uint32_t>{0x3ab, 0x155}, 10), std::string("\xab\x57\x05", 3));
}

TEST(PackBits, RefusesOtherLengthsWidthsAndStrayBits) {
  EXPECT_OK(UnpackBits(std::string("ab\x0f"), 2, 10));  // 20 of 24 bits
  EXPECT_THAT(UnpackBits("ab\xff", 2, 10), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UnpackBits("ab", 2, 10), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UnpackBits("abcd", 2, 10), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UnpackBits("abcd", 4, 7), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UnpackBits("abcd", 1, 33), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(UnpackBits("", std::numeric_limits<std::size_t>::max(), 32),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(PackedCodec, MaskedSumIsTheSumOfRoundedValues) {
  for (const int bits : {12, 16, 22, 32}) {
    constexpr std::size_t kSites = 7, kLength = 1001;
    ASSERT_OK_AND_ASSIGN(
        const PackedCodec codec,
        PackedCodec::Plan({.bound = 0.5, .bits = bits, .n_sites = kSites, .length = kLength}));
    PackedVector sum{.bits = bits, .words = std::vector<std::uint32_t>(codec.n_words())};
    std::vector<double> exact(kLength);
    std::vector<crypto::SignedMaskKey> unmask;
    for (std::size_t s = 0; s < kSites; ++s) {
      const std::vector<std::uint32_t> random = RandomWords(kLength, std::string(1, 'a' + s));
      std::vector<double> x(kLength);
      for (std::size_t i = 0; i < kLength; ++i) x[i] = random[i] / 4294967296.0 - 0.5;
      for (std::size_t i = 0; i < kLength; ++i) exact[i] += x[i];
      ASSERT_OK_AND_ASSIGN(PackedVector v, codec.Encode(x));
      crypto::SignedMaskKey key;
      key.key.fill(static_cast<std::uint8_t>(s));
      crypto::ApplyMasks(std::span(v.words), std::span(&key, 1));
      key.sign = crypto::MaskSign::kSubtract;
      unmask.push_back(key);
      ASSERT_OK_AND_ASSIGN(const PackedVector sent,
                           PackedVector::Decode(v.Encode(), codec.n_words(), bits));
      sum.Add(sent);
    }
    EXPECT_THAT(codec.Decode(sum, kSites), HasCode(absl::StatusCode::kDataLoss));
    crypto::ApplyMasks(std::span(sum.words), unmask);
    ASSERT_OK_AND_ASSIGN(const std::vector<double> total, codec.Decode(sum, kSites));
    for (std::size_t i = 0; i < kLength; ++i) {
      ASSERT_NEAR(total[i], exact[i], kSites * codec.step() / 2 * (1 + 1e-9)) << bits << " " << i;
    }
    EXPECT_THAT(codec.Decode(sum, kSites - 1), HasCode(absl::StatusCode::kDataLoss));
  }
}

TEST(PackedCodec, ExtremesOfEverySiteDoNotWrap) {
  for (const int bits : {9, 12, 32}) {
    for (const std::size_t n : {1u, 3u, 200u}) {
      const auto codec = PackedCodec::Plan({.bound = 2, .bits = bits, .n_sites = n, .length = 4});
      ASSERT_OK(codec);
      PackedVector sum{.bits = bits, .words = std::vector<std::uint32_t>(codec->n_words())};
      for (std::size_t s = 0; s < n; ++s)
        sum.Add(*codec->Encode(std::vector<float>{2, -2, 1e30F, -1e30F}));
      ASSERT_OK_AND_ASSIGN(const auto total, codec->Decode(sum, n));
      const double most = 2.0 * static_cast<double>(n);
      EXPECT_THAT(total, ::testing::ElementsAre(::testing::DoubleNear(most, 1e-6),
                                                ::testing::DoubleNear(-most, 1e-6),
                                                ::testing::DoubleNear(most, 1e-6),
                                                ::testing::DoubleNear(-most, 1e-6)));
    }
  }
}

TEST(PackedCodec, RefusesWhatItCannotHold) {
  const auto plan = [](double bound, int bits, std::size_t n, std::size_t length) {
    return PackedCodec::Plan({.bound = bound, .bits = bits, .n_sites = n, .length = length})
        .status();
  };
  EXPECT_THAT(plan(1, 8, 128, 3), HasCode(absl::StatusCode::kFailedPrecondition));
  EXPECT_OK(plan(1, 8, 127, 3));
  EXPECT_THAT(plan(0, 8, 3, 3), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(plan(std::nan(""), 8, 3, 3), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(plan(1, 7, 3, 3), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(plan(1, 16, 201, 3), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(plan(1, 16, 3, limits::kVectorLengthMax + 1),
              HasCode(absl::StatusCode::kInvalidArgument));
  ASSERT_OK_AND_ASSIGN(const PackedCodec codec,
                       PackedCodec::Plan({.bound = 1, .bits = 16, .n_sites = 3, .length = 3}));
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(codec.Encode(std::vector<double>{0, bad, 0}),
                HasCode(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(codec.Encode(std::vector<double>{0}), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(PackedCodec, AStrangersValueAboveTheBoundIsFound) {
  ASSERT_OK_AND_ASSIGN(const PackedCodec codec,
                       PackedCodec::Plan({.bound = 1, .bits = 16, .n_sites = 3, .length = 1}));
  ASSERT_OK_AND_ASSIGN(PackedVector sum, codec.Encode(std::vector<double>{0.5}));
  sum.words.back() = 0x7fff;
  EXPECT_THAT(codec.Decode(sum, 1), HasCode(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace essaim::secagg
