// Sums over a graph that is not complete: above 64 sites everyone has some neighbours only.
#include "base/testing/status_matchers.h"
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

// All but every `step`-th member, from `first` on, up to `n_out` of them.
Members AllBut(std::size_t n, std::size_t first, std::size_t step, std::size_t n_out) {
  Members members;
  std::size_t out = 0;
  for (std::uint32_t m = 0; m < n; ++m) {
    const bool leave = m >= first && (m - first) % step == 0 && out < n_out;
    out += leave;
    if (!leave) members.insert(m);
  }
  return members;
}

TEST(Links, UpToSixtyFourSitesEveryoneIsLinkedWithEveryone) {
  TestBatch sites({.n = 64, .threshold = 0});
  EXPECT_TRUE(sites.batch.neighbours.empty());
  EXPECT_EQ(sites.batch.threshold, *ThresholdFor(64, 1));
  EXPECT_EQ(sites.batch.signers, sites.batch.threshold);
  EXPECT_EQ(sites.batch.HoldersOf(5).size(), 64u);
}

TEST(Links, AboveSixtyFourSitesLinksAreFewAndMutual) {
  TestBatch sites({.n = 200, .threshold = 0});
  const Batch& batch = sites.batch;
  for (std::uint32_t a = 0; a < 200; ++a) {
    EXPECT_EQ(batch.HoldersOf(a).size(), batch.HoldersOf(0).size());
    for (std::uint32_t b = 0; b < 200; ++b) EXPECT_EQ(batch.Linked(a, b), batch.Linked(b, a));
  }
  EXPECT_LT(batch.HoldersOf(0).size(), 120u);
  EXPECT_GT(2 * batch.threshold, batch.HoldersOf(0).size());
  EXPECT_EQ(batch.signers, 101u);
}

TEST(Links, TheSumIsExactWithSitesLostAtEveryStep) {
  TestBatch sites({.n = 70, .threshold = 0, .n_sessions = 2});
  sites.SetUp();
  const Members all = AllBut(70, 0, 1, 0), masked = AllBut(70, 2, 11, 5);
  Members unmasking = masked;
  unmasking.erase(0);
  unmasking.erase(40);
  ASSERT_OK_AND_ASSIGN(const EncodedVector sum, sites.Sum(0, masked, masked, unmasking));
  EXPECT_EQ(sum, Plain(masked));
  ASSERT_OK_AND_ASSIGN(const EncodedVector whole, sites.Sum(1, all, all, all));
  EXPECT_EQ(whole, Plain(all));
}

TEST(Links, HalfOfTheSitesUnmaskNothing) {
  TestBatch sites({.n = 70, .threshold = 0});
  sites.SetUp();
  const Members all = AllBut(70, 0, 1, 0), half = AllBut(70, 0, 2, 35);
  EXPECT_FALSE(sites.Sum(0, all, half, half).ok());
}

TEST(Links, SharesFromAStrangerAreRefused) {
  TestBatch sites({.n = 70, .threshold = 0});
  for (std::uint32_t m = 0; m < 70; ++m)
    ASSERT_OK(sites.hub->TakeAdvert(m, sites.clients[m]->Advertise()));
  for (std::uint32_t m = 0; m < 70; ++m) {
    ASSERT_OK_AND_ASSIGN(const auto bundles, sites.clients[m]->ShareKeys(sites.hub->Adverts()));
    EXPECT_EQ(bundles.size() + 1, sites.batch.HoldersOf(m).size());
    v1::SharesAnswer answer;
    answer.mutable_bundles()->Assign(bundles.begin(), bundles.end());
    ASSERT_OK(sites.hub->TakeBundles(m, answer));
  }
  std::uint32_t stranger = 1;
  while (sites.batch.Linked(0, stranger)) ++stranger;
  std::vector<v1::Signed> delivered = sites.hub->BundlesTo(0);
  delivered.back() = sites.SignAs(stranger, Step::kShares, delivered.back().body());
  const absl::Status refused = sites.clients[0]->Deliver(delivered);
  EXPECT_EQ(RefusalOf(refused), v1::REFUSAL_FOREIGN_MEMBER);
}

}  // namespace
}  // namespace essaim::secagg
