// HubBatch and HubSession against a member that sends anything, signed or not: the hub never
// crashes, and a sum whose vectors are untouched is the true sum or an error.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "secagg/hub_session.h"
#include "secagg/secagg_testing.h"
#include "secagg_fixture.h"

namespace {

using essaim::fuzz::Input;
using essaim::secagg::EncodedVector;
using essaim::secagg::HubBatch;
using essaim::secagg::HubSession;
using essaim::secagg::kTestReal;
using essaim::secagg::kTestWhole;
using essaim::secagg::Step;
using essaim::secagg::TestBatch;

constexpr std::uint32_t kMembers = 4;

// What every member sends in an honest session.
struct Recorded {
  Recorded() : batch({.n = kMembers, .threshold = 3}) {
    batch.SetUp();
    HubSession sum(batch.hub.get(), 0, "context", kTestWhole, kTestReal);
    for (std::uint32_t m = 0; m < kMembers; ++m) {
      adverts.push_back(batch.clients[m]->Advertise());
      const EncodedVector vector = TestBatch::Vector(m, kTestWhole, kTestReal);
      masked.push_back(*batch.clients[m]->Mask(0, "context", vector));
      ESSAIM_CHECK(sum.TakeMasked(m, masked[m]).ok());
    }
    sum.CloseMasking();
    for (std::uint32_t m = 0; m < kMembers; ++m) {
      agreements.push_back(*batch.clients[m]->Agree(sum.Heads()));
      ESSAIM_CHECK(sum.TakeAgreement(m, agreements[m]).ok());
    }
    for (std::uint32_t m = 0; m < kMembers; ++m) {
      unmasks.push_back(*batch.clients[m]->Unmask(sum.Agreements()));
      ESSAIM_CHECK(sum.TakeUnmask(m, unmasks[m]).ok());
    }
    truth = *sum.Finish();
    for (std::uint32_t m = 0; m < kMembers; ++m) {
      essaim::v1::SharesAnswer answer;
      for (std::uint32_t to = 0; to < kMembers; ++to) {
        for (const auto& bundle : batch.hub->BundlesTo(to)) {
          if (bundle.member() == m) *answer.add_bundles() = bundle;
        }
      }
      bundles.push_back(answer);
    }
  }

  TestBatch batch;
  std::vector<essaim::v1::Signed> adverts, agreements, unmasks;
  std::vector<essaim::v1::SharesAnswer> bundles;
  std::vector<essaim::v1::MaskedAnswer> masked;
  EncodedVector truth;
};

// The hub once all keys and shares are in; member 1's were changed and are sent truly if refused.
bool TakeKeys(const Recorded& real, HubBatch& hub, bool change, Input& input) {
  if (change) {
    (void)hub.TakeAdvert(1, MutatedMessage(real.batch, Step::kAdvert, real.adverts[1], input));
    essaim::v1::SharesAnswer answer = real.bundles[1];
    const int at = static_cast<int>(input.Byte()) % answer.bundles_size();
    *answer.mutable_bundles(at) =
        MutatedMessage(real.batch, Step::kShares, answer.bundles(at), input);
    (void)hub.TakeBundles(1, answer);
    (void)hub.Adverts();
    (void)hub.BundlesTo(0);
  }
  bool all = true;
  for (std::uint32_t m = 0; m < kMembers; ++m)
    all =
        hub.TakeAdvert(m, real.adverts[m]).ok() && hub.TakeBundles(m, real.bundles[m]).ok() && all;
  return all;
}

essaim::v1::MaskedAnswer MutatedMasked(const Recorded& real, Input& input) {
  essaim::v1::MaskedAnswer answer = real.masked[1];
  if (input.Byte() % 2 == 0) {
    *answer.mutable_head() = MutatedMessage(real.batch, Step::kMasked, answer.head(), input);
  } else {
    answer.set_vector(essaim::fuzz::MutatedBytes(answer.vector(), input));
  }
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Recorded real;
  Input input(data, size);
  const std::size_t what = input.Byte();
  HubBatch hub(real.batch.batch);
  if (!TakeKeys(real, hub, (what & 1) != 0, input)) return 0;
  HubSession sum(&hub, 0, "context", kTestWhole, kTestReal);
  if ((what & 2) != 0) (void)sum.TakeMasked(1, MutatedMasked(real, input));
  const bool lost = (what & 16) != 0;
  for (std::uint32_t m = 0; m < kMembers; ++m) {
    if (!lost || m != 1) ESSAIM_CHECK(sum.TakeMasked(m, real.masked[m]).ok());
  }
  sum.CloseMasking();
  if ((what & 4) != 0) {
    (void)sum.TakeAgreement(
        1, MutatedMessage(real.batch, Step::kConsistency, real.agreements[1], input));
  }
  for (std::uint32_t m = 0; m < kMembers; ++m) (void)sum.TakeAgreement(m, real.agreements[m]);
  for (std::uint32_t m = 0; m < kMembers; ++m) {
    if (m != 1 && !(m == 2 && (what & 32) != 0))
      ESSAIM_CHECK(sum.TakeUnmask(m, real.unmasks[m]).ok());
  }
  if ((what & 8) != 0)
    (void)sum.TakeUnmask(1, MutatedMessage(real.batch, Step::kUnmask, real.unmasks[1], input));
  const auto result = sum.Finish();
  // Only a vector that is its member's own is taken, so a sum of all of them is the true one; a sum
  // without member 1 would need shares that nobody sent.
  if (result.ok()) ESSAIM_CHECK(sum.in_sum().contains(1) && *result == real.truth);
  return 0;
}
