// secagg::Client against a hub that lies and colludes with members: at every step the messages that
// it relays are changed, left out or repeated. The client never crashes, never unmasks a session
// twice and never gives away both secrets of a member.
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "base/check.h"
#include "secagg/client.h"
#include "secagg/secagg_testing.h"
#include "secagg_fixture.h"

namespace {

using essaim::fuzz::Input;
using essaim::secagg::HubSession;
using essaim::secagg::Step;
using essaim::secagg::TestBatch;
using Messages = std::vector<essaim::v1::Signed>;

constexpr std::size_t kSessions = 2;

TestBatch MakeBatch() {
  TestBatch batch({.n = 4, .threshold = 3, .n_sessions = kSessions});
  batch.SetUp();
  return batch;
}

// What an honest hub relays to member 0 at every step of session 0.
struct Recorded {
  Recorded() : batch(MakeBatch()), sum(batch.hub.get(), 0, "context", 3, 2) {
    using essaim::secagg::kTestReal, essaim::secagg::kTestWhole;
    for (std::uint32_t m = 0; m < 4; ++m) {
      const auto masked =
          batch.clients[m]->Mask(0, "context", TestBatch::Vector(m, kTestWhole, kTestReal));
      ESSAIM_CHECK(masked.ok() && sum.TakeMasked(m, *masked).ok());
    }
    sum.CloseMasking();
    for (std::uint32_t m = 0; m < 4; ++m) {
      const auto agreement = batch.clients[m]->Agree(sum.Heads());
      ESSAIM_CHECK(agreement.ok() && sum.TakeAgreement(m, *agreement).ok());
    }
    adverts = batch.hub->Adverts();
    bundles = batch.hub->BundlesTo(0);
    heads = sum.Heads();
    agreements = sum.Agreements();
  }

  TestBatch batch;
  HubSession sum;
  Messages adverts, bundles, heads, agreements;
};

Messages Changed(const Recorded& real, Step step, Messages messages, Input& input) {
  const std::size_t at = messages.empty() ? 0 : input.Byte() % messages.size();
  switch (input.Byte() % 5) {
    case 0:
      break;  // as it is
    case 1:
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 2:
      messages.push_back(messages[at]);
      break;
    default:
      messages[at] = MutatedMessage(real.batch, step, messages[at], input);
  }
  return messages;
}

void CheckUnmask(const essaim::v1::Signed& message) {
  essaim::v1::Unmask body;
  ESSAIM_CHECK(body.ParseFromString(message.body()));
  std::set<std::uint32_t> members;
  for (const auto& share : body.self_mask()) ESSAIM_CHECK(members.insert(share.member()).second);
  for (const auto& share : body.pairwise()) ESSAIM_CHECK(members.insert(share.member()).second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Recorded real;
  Input input(data, size);
  auto client = *real.batch.MakeClient(0);
  const auto vector = TestBatch::Vector(0, essaim::secagg::kTestWhole, essaim::secagg::kTestReal);
  // Each step is tried with changed messages first, and goes on with the true ones if refused.
  if (!client->ShareKeys(Changed(real, Step::kAdvert, real.adverts, input)).ok())
    ESSAIM_CHECK(client->ShareKeys(real.adverts).ok());
  if (!client->Deliver(Changed(real, Step::kShares, real.bundles, input)).ok() &&
      !client->Deliver(real.bundles).ok())
    return 0;  // it was made to see other adverts
  ESSAIM_CHECK(client->Mask(0, "context", vector).ok());
  ESSAIM_CHECK(!client->Mask(0, "context", vector).ok());
  if (!client->Agree(Changed(real, Step::kMasked, real.heads, input)).ok() &&
      !client->Agree(real.heads).ok())
    return 0;
  const Messages changed = Changed(real, Step::kConsistency, real.agreements, input);
  auto shares = client->Unmask(changed);
  if (!shares.ok()) shares = client->Unmask(real.agreements);
  if (!shares.ok()) return 0;
  CheckUnmask(*shares);
  ESSAIM_CHECK(!client->Unmask(real.agreements).ok() && !client->Unmask(changed).ok());
  return 0;
}
