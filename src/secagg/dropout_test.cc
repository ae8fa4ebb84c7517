// The sum is exact for every legal dropout pattern, n = 3..64, every threshold, and refused for
// every other.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/testing/status_matchers.h"
#include "crypto/seeded_entropy.h"
#include "secagg/secagg_testing.h"
#include "secagg/threshold.h"

namespace essaim::secagg {
namespace {

using Members = std::set<std::uint32_t>;

EncodedVector Plain(const Members& members) {
  EncodedVector sum{.whole = std::vector<std::uint64_t>(kTestWhole),
                    .real = std::vector<Uint128>(kTestReal)};
  for (const std::uint32_t m : members) sum.Add(TestBatch::Vector(m, kTestWhole, kTestReal));
  return sum;
}

class Chance {
 public:
  explicit Chance(std::string_view label) : entropy_(SecretBytes(32), label) {}

  std::size_t Below(std::size_t n) {
    std::array<std::uint8_t, 8> bytes{};
    EXPECT_OK(entropy_.Fill(bytes));
    std::uint64_t x = 0;
    for (const std::uint8_t b : bytes) x = x << 8 | b;
    return x % n;
  }

  // A random subset of k of `from`.
  Members Subset(const Members& from, std::size_t k) {
    std::vector<std::uint32_t> list(from.begin(), from.end());
    for (std::size_t i = 0; i < k; ++i) std::swap(list[i], list[i + Below(list.size() - i)]);
    return {list.begin(), list.begin() + static_cast<std::ptrdiff_t>(k)};
  }

  // Between `least` and all of `from`.
  Members AtLeast(std::size_t least, const Members& from) {
    return Subset(from, least + Below(from.size() - least + 1));
  }

 private:
  crypto::SeededEntropy entropy_;
};

Members FirstOf(std::size_t n) {
  Members all;
  for (std::uint32_t m = 0; m < n; ++m) all.insert(m);
  return all;
}

// Every subset at every step for small n: nothing is left to chance.
TEST(Dropout, EveryPatternOfThreeAndFourSites) {
  for (const std::size_t n : {3u, 4u}) {
    const std::size_t t = *ThresholdFor(n, 1);
    std::vector<Members> legal;
    for (unsigned bits = 0; bits < 1u << n; ++bits) {
      Members s;
      for (std::uint32_t m = 0; m < n; ++m) {
        if (bits >> m & 1) s.insert(m);
      }
      if (s.size() >= t) legal.push_back(s);
    }
    std::vector<std::array<Members, 3>> patterns;
    for (const Members& masked : legal) {
      for (const Members& agreeing : legal) {
        if (!std::ranges::includes(masked, agreeing)) continue;
        for (const Members& unmasking : legal) {
          if (std::ranges::includes(agreeing, unmasking))
            patterns.push_back({masked, agreeing, unmasking});
        }
      }
    }
    TestBatch sites({.n = n, .threshold = t, .n_sessions = patterns.size()});
    sites.SetUp();
    for (std::size_t s = 0; s < patterns.size(); ++s) {
      const auto& [masked, agreeing, unmasking] = patterns[s];
      ASSERT_OK_AND_ASSIGN(const EncodedVector sum, sites.Sum(s, masked, agreeing, unmasking));
      EXPECT_EQ(sum, Plain(masked)) << "n " << n << ", pattern " << s;
    }
  }
}

// A random pattern for each n and threshold that keeps 2t > n. ESSAIM_LONG_TESTS=1 tries every
// pair up to 64 sites (minutes); else every pair up to 12 and the ends and middle above.
TEST(Dropout, RandomPatternsUpToSixtyFourSites) {
  const bool every = std::getenv("ESSAIM_LONG_TESTS") != nullptr;
  Chance chance("patterns");
  for (std::size_t n = 3; n <= kCompleteGraphMax; n += every || n < 12 ? 1 : n < 16 ? 4 : 16) {
    const std::size_t least = n / 2 + 1;
    const std::size_t step = every || n <= 12 ? 1 : std::max<std::size_t>(1, (n - least) / 2);
    for (std::size_t t = least; t <= n; t += step) {
      TestBatch sites({.n = n, .threshold = t, .n_sessions = 1});
      sites.SetUp();
      const Members masked = chance.AtLeast(t, FirstOf(n));
      const Members agreeing = chance.AtLeast(t, masked);
      const Members unmasking = chance.AtLeast(t, agreeing);
      ASSERT_OK_AND_ASSIGN(const EncodedVector sum, sites.Sum(0, masked, agreeing, unmasking));
      ASSERT_EQ(sum, Plain(masked)) << "n " << n << ", threshold " << t;
    }
  }
}

TEST(Dropout, UnderTheThresholdNothingIsUnmasked) {
  for (const std::size_t n : {4u, 7u}) {
    const std::size_t t = *ThresholdFor(n, 1);
    TestBatch sites({.n = n, .threshold = t, .n_sessions = 3});
    sites.SetUp();
    EXPECT_FALSE(sites.Sum(0, FirstOf(t - 1), FirstOf(t - 1), FirstOf(t - 1)).ok());
    EXPECT_FALSE(sites.Sum(1, FirstOf(n), FirstOf(t - 1), FirstOf(t - 1)).ok());
    EXPECT_FALSE(sites.Sum(2, FirstOf(n), FirstOf(n), FirstOf(t - 1)).ok());
  }
}

TEST(Dropout, OneVectorAsItArrivesIsNoise) {
  // The mean of 4,096 uniform words of 64 bits, scaled to [0,1), lies within 0.5 +- 0.03 but for a
  // probability of 1e-10 (6.6 standard deviations of 0.2887 / 64); an unmasked one is near 0.
  TestBatch sites({.n = 3, .threshold = 3});
  sites.SetUp();
  EncodedVector v;
  v.whole.assign(4096, 5);
  ASSERT_OK_AND_ASSIGN(const v1::MaskedAnswer answer, sites.clients[0]->Mask(0, "context", v));
  ASSERT_OK_AND_ASSIGN(const EncodedVector masked, EncodedVector::Decode(answer.vector(), 4096, 0));
  double mean = 0;
  for (const std::uint64_t x : masked.whole) mean += std::ldexp(static_cast<double>(x), -64) / 4096;
  EXPECT_NEAR(mean, 0.5, 0.03);
}

TEST(Dropout, TheSameSeedSaysTheSameBytesAndAnotherBatchOthers) {
  TestBatch a({.n = 3, .threshold = 3}), b({.n = 3, .threshold = 3});
  TestBatch next({.n = 3, .threshold = 3, .counter = 2});
  a.SetUp();
  b.SetUp();
  next.SetUp();
  const EncodedVector v = TestBatch::Vector(0, kTestWhole, kTestReal);
  const std::string first = a.clients[0]->Mask(0, "c", v)->SerializeAsString();
  EXPECT_EQ(first, b.clients[0]->Mask(0, "c", v)->SerializeAsString());
  EXPECT_NE(first, next.clients[0]->Mask(0, "c", v)->SerializeAsString());
  EXPECT_NE(a.clients[0]->Advertise().body(), next.clients[0]->Advertise().body());
}

TEST(Dropout, AnAuditorComputesTheSumAgainFromTheTranscript) {
  TestBatch sites({.n = 5, .threshold = 4});
  sites.SetUp();
  HubSession sum(sites.hub.get(), 0, "context", kTestWhole, kTestReal);
  const Members masked = {0, 1, 2, 4};
  for (const std::uint32_t m : masked) {
    ASSERT_OK(sum.TakeMasked(
        m, *sites.clients[m]->Mask(0, "context", TestBatch::Vector(m, kTestWhole, kTestReal))));
  }
  sum.CloseMasking();
  for (const std::uint32_t m : masked)
    ASSERT_OK(sum.TakeAgreement(m, *sites.clients[m]->Agree(sum.Heads())));
  for (const std::uint32_t m : masked)
    ASSERT_OK(sum.TakeUnmask(m, *sites.clients[m]->Unmask(sum.Agreements())));
  ASSERT_OK_AND_ASSIGN(const EncodedVector result, sum.Finish());
  EXPECT_EQ(result, Plain(masked));

  const auto replay = [&](const Transcript& t) {
    return ReplaySum(*sites.hub, 0, t, kTestWhole, kTestReal);
  };
  EXPECT_EQ(*replay(sum.transcript()), result);
  const auto copy = [&] {
    Transcript t;
    t.masked = sum.transcript().masked;
    t.context = sum.transcript().context;
    for (const auto& [m, s] : sum.transcript().self_masks) t.self_masks.emplace(m, s.Clone());
    for (const auto& [m, s] : sum.transcript().mask_secrets) t.mask_secrets.emplace(m, s.Clone());
    return t;
  };
  Transcript vector = copy();
  (*vector.masked[1].mutable_vector())[9] ^= 1;
  EXPECT_THAT(replay(vector), testing::HasCode(absl::StatusCode::kDataLoss));
  Transcript self = copy();
  self.self_masks.at(2).data()[0] ^= 1;
  EXPECT_THAT(replay(self), testing::HasCode(absl::StatusCode::kDataLoss));
  Transcript lost = copy();
  lost.mask_secrets.at(3).data()[1] ^= 1;
  EXPECT_THAT(replay(lost), testing::HasCode(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace essaim::secagg
