#include "secagg/codec.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/limits.h"
#include "base/testing/status_matchers.h"
#include "crypto/seeded_entropy.h"

namespace essaim::secagg {
namespace {

using ::essaim::testing::HasCode;

Layout LayoutOf(double whole_bound, double real_bound, std::size_t length) {
  return {.additivity = Additivity::kPerPerson,
          .blocks = {{.name = "n", .length = length, .bound = whole_bound, .integral = true},
                     {.name = "x", .length = length, .bound = real_bound, .integral = false}}};
}

std::vector<std::int64_t> Randoms(std::size_t n, std::string_view label) {
  crypto::SeededEntropy entropy(SecretBytes(32), label);
  std::vector<std::int64_t> v(n);
  EXPECT_OK(entropy.Fill({reinterpret_cast<std::uint8_t*>(v.data()), 8 * n}));
  return v;
}

EncodedVector Zero(const Codec& codec) {
  return {.whole = std::vector<std::uint64_t>(codec.n_whole()),
          .real = std::vector<Uint128>(codec.n_real())};
}

// Reals that are multiples of 2^-52 below 2^11 are encoded without rounding, so the decoded sum
// must be the double nearest to the sum of 128-bit integers, whatever cancels on the way.
TEST(CodecProperty, TheDecodedSumIsTheNearestDoubleToTheExactSum) {
  constexpr std::size_t kLength = 50;
  for (const std::size_t n_sites : {1u, 2u, 3u, 17u, 64u, 200u}) {
    for (const std::uint64_t persons : {std::uint64_t{1} << 12, limits::kPersonsMax}) {
      const double bound = 2048;
      ASSERT_OK_AND_ASSIGN(const Codec codec,
                           Codec::Plan(LayoutOf(4, bound, kLength), n_sites, persons));
      EncodedVector sum = Zero(codec);
      std::vector<__int128> exact(kLength, 0);
      std::vector<std::int64_t> counts(kLength, 0);
      for (std::size_t s = 0; s < n_sites; ++s) {
        const auto random = Randoms(2 * kLength, std::to_string(s));
        std::vector<double> x(2 * kLength);
        for (std::size_t i = 0; i < kLength; ++i) {
          const std::int64_t count = random[i] % 4001, scaled = random[kLength + i] >> 11;
          x[i] = static_cast<double>(count);
          x[kLength + i] = std::ldexp(static_cast<double>(scaled), -52);
          counts[i] += count;
          exact[i] += scaled;
        }
        ASSERT_OK_AND_ASSIGN(const EncodedVector v, codec.Encode(x, 1000));
        sum.Add(v);
      }
      ASSERT_OK_AND_ASSIGN(const std::vector<double> total, codec.Decode(sum, n_sites));
      for (std::size_t i = 0; i < kLength; ++i) {
        EXPECT_EQ(total[i], static_cast<double>(counts[i]));
        EXPECT_EQ(total[kLength + i], std::ldexp(static_cast<double>(exact[i]), -52)) << n_sites;
      }
    }
  }
}

// Every site at the most that a plan permits, at both ends and with every kind of bound.
TEST(CodecProperty, NoPermittedSumWraps) {
  for (const double bound : {1e-200, 1e-9, 1.0, 3.0, 1e6, 1e15, 1e200}) {
    for (const std::size_t n_sites : {1u, 3u, 200u}) {
      for (const std::uint64_t persons :
           {std::uint64_t{1}, std::uint64_t{1000}, limits::kPersonsMax}) {
        const auto codec = Codec::Plan(LayoutOf(bound, bound, 1), n_sites, persons);
        ASSERT_OK(codec) << bound;
        const double most = bound * static_cast<double>(persons);
        if (bound < 1 || most > 9e15) continue;  // no whole number that a double holds
        for (const double sign : {1.0, -1.0}) {
          EncodedVector sum = Zero(*codec);
          for (std::size_t s = 0; s < n_sites; ++s) {
            const auto v = codec->Encode(std::vector<double>{sign * most, sign * most}, persons);
            ASSERT_OK(v) << bound << " " << persons;
            sum.Add(*v);
          }
          ASSERT_OK_AND_ASSIGN(const auto total, codec->Decode(sum, n_sites));
          EXPECT_DOUBLE_EQ(total[0], sign * most * static_cast<double>(n_sites));
          EXPECT_DOUBLE_EQ(total[1], sign * most * static_cast<double>(n_sites));
        }
      }
    }
  }
}

TEST(Codec, EachRingHasItsCanary) {
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(LayoutOf(1, 1, 2), 3, 10));
  EXPECT_EQ(codec.n_whole(), 3u);
  EXPECT_EQ(codec.n_real(), 3u);
  ASSERT_OK_AND_ASSIGN(EncodedVector v, codec.Encode(std::vector<double>(4, 0.0), 10));
  v.real[0] += 1;  // a mask that did not cancel in the reals alone
  EXPECT_THAT(codec.Decode(v, 1), HasCode(absl::StatusCode::kDataLoss));
  const Layout counts{.blocks = {{.name = "n", .length = 2, .bound = 1, .integral = true}}};
  EXPECT_EQ(Codec::Plan(counts, 3, 10)->n_real(), 0u);
}

TEST(Codec, ASumAboveWhatItsSitesMaySendIsRefused) {
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(LayoutOf(1, 1, 1), 3, 10));
  ASSERT_OK_AND_ASSIGN(EncodedVector v, codec.Encode(std::vector<double>{10, 10}, 10));
  EXPECT_OK(codec.Decode(v, 1));
  EncodedVector large = v;
  large.whole[1] += 1;
  EXPECT_THAT(codec.Decode(large, 1), HasCode(absl::StatusCode::kDataLoss));
  large = v;
  large.real[1] *= 2;
  EXPECT_THAT(codec.Decode(large, 1), HasCode(absl::StatusCode::kDataLoss));
}

TEST(Codec, RefusesMorePersonsSitesOrNumbersThanPlanned) {
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(LayoutOf(1, 1, 1), 3, 10));
  const auto refused = HasCode(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(codec.Encode(std::vector<double>{1, 1}, 11), refused);
  EXPECT_THAT(codec.Encode(std::vector<double>{1}, 10), refused);
  EXPECT_THAT(Codec::Plan(LayoutOf(1, 1, 1), 0, 10), refused);
  EXPECT_THAT(Codec::Plan(LayoutOf(1, 1, 1), limits::kSitesMax + 1, 10), refused);
  EXPECT_THAT(Codec::Plan(LayoutOf(1, 1, 1), 3, limits::kPersonsMax + 1), refused);
  EncodedVector four = Zero(codec);
  four.whole[0] = four.real[0] = 4;
  EXPECT_THAT(codec.Decode(four, 4), HasCode(absl::StatusCode::kDataLoss));
}

TEST(Codec, ANodesVectorIsBoundedAsAWhole) {
  Layout layout = LayoutOf(5, 2.5, 1);
  layout.additivity = Additivity::kPerNode;
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(layout, 3, 1000));
  EXPECT_OK(codec.Encode(std::vector<double>{5, -2.5}, 1000));
  EXPECT_THAT(codec.Encode(std::vector<double>{6, 0}, 1000),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(codec.Encode(std::vector<double>{0, 2.6}, 1000),
              HasCode(absl::StatusCode::kInvalidArgument));
}

// Whole numbers too large for the ring of 2^64 go to the ring of 2^128 rather than wrap.
TEST(Codec, LargeWholeNumbersMoveToTheLargerRing) {
  const Layout layout{
      .blocks = {{.name = "squares", .length = 1, .bound = 1e12, .integral = true}}};
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(layout, 200, limits::kPersonsMax));
  EXPECT_EQ(codec.n_whole(), 1u);
  EXPECT_EQ(codec.n_real(), 2u);
  ASSERT_OK_AND_ASSIGN(const EncodedVector v, codec.Encode(std::vector<double>{123456789}, 1000));
  EXPECT_EQ(codec.Decode(v, 1)->front(), 123456789.0);
}

}  // namespace
}  // namespace essaim::secagg
