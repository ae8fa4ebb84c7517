#include "secagg/secagg_testing.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "crypto/signing.h"

namespace essaim::secagg {

TestBatch::TestBatch(const TestBatchOptions& given) : options(given) {
  for (std::size_t m = 0; m < options.n; ++m) {
    batch.members.push_back(
        {.site = absl::StrCat("site", m),
         .signing_key = crypto::SigningKey::FromSeed(SigningSeed(m))->public_key()});
  }
  batch.threshold = batch.signers = options.threshold;  // 0: planned, below
  batch.n_sessions = options.n_sessions;
  batch.id = BatchId("run", options.counter, batch.members);
  if (options.threshold == 0) ESSAIM_CHECK(PlanLinks(batch, options.collusions).ok());
  for (std::size_t m = 0; m < options.n; ++m) {
    auto client = MakeClient(m);
    ESSAIM_CHECK(client.ok());
    clients.push_back(*std::move(client));
  }
  hub = std::make_unique<HubBatch>(batch);
}

SecretBytes TestBatch::SigningSeed(std::size_t member) {
  return SecretBytes::CopyOf(crypto::Sha256(absl::StrCat("signing", member)));
}

SecretBytes TestBatch::Seed(const TestBatchOptions& options, std::size_t member) {
  return SecretBytes::CopyOf(crypto::Sha256(absl::StrCat(options.seed, member)));
}

absl::StatusOr<std::unique_ptr<Client>> TestBatch::MakeClient(std::size_t member) const {
  return Client::Make({.batch = batch,
                       .self = static_cast<std::uint32_t>(member),
                       .signing_seed = SigningSeed(member),
                       .seed = Seed(options, member),
                       .minimum_sites = options.minimum_sites,
                       .all_members_or_none = options.all_members_or_none});
}

v1::Signed TestBatch::SignAs(std::size_t member, Step step, std::string body) const {
  const auto key = crypto::SigningKey::FromSeed(SigningSeed(member));
  v1::Signed message;
  message.set_member(static_cast<std::uint32_t>(member));
  message.set_signature(key->Sign(StepDomain(step, batch), body));
  message.set_body(std::move(body));
  return message;
}

void TestBatch::SetUp() {
  for (std::uint32_t m = 0; m < clients.size(); ++m) {
    ESSAIM_CHECK(hub->TakeAdvert(m, clients[m]->Advertise()).ok());
  }
  for (std::uint32_t m = 0; m < clients.size(); ++m) {
    const auto bundles = clients[m]->ShareKeys(hub->Adverts());
    ESSAIM_CHECK(bundles.ok());
    v1::SharesAnswer answer;
    answer.mutable_bundles()->Assign(bundles->begin(), bundles->end());
    ESSAIM_CHECK(hub->TakeBundles(m, answer).ok());
  }
  for (std::uint32_t m = 0; m < clients.size(); ++m) {
    ESSAIM_CHECK(clients[m]->Deliver(hub->BundlesTo(m)).ok());
  }
}

EncodedVector TestBatch::Vector(std::size_t member, std::size_t n_whole, std::size_t n_real) {
  EncodedVector v;
  v.whole.push_back(1);
  for (std::size_t i = 1; i < n_whole; ++i) v.whole.push_back(1000 * member + i);
  // Negative, and large enough that a lost carry between the halves of a word would show.
  for (std::size_t i = 0; i < n_real; ++i)
    v.real.push_back(-((Uint128{member + 7} << 70) + Uint128{i} * 0x9E3779B97F4A7C15ULL));
  return v;
}

absl::StatusOr<EncodedVector> TestBatch::Sum(std::size_t session,
                                             const std::set<std::uint32_t>& masked,
                                             const std::set<std::uint32_t>& agreeing,
                                             const std::set<std::uint32_t>& unmasking) {
  HubSession sum(hub.get(), session, "context", kTestWhole, kTestReal);
  for (const std::uint32_t m : masked) {
    ESSAIM_ASSIGN_OR_RETURN(const v1::MaskedAnswer answer,
                            clients[m]->Mask(session, "context", Vector(m, kTestWhole, kTestReal)));
    ESSAIM_RETURN_IF_ERROR(sum.TakeMasked(m, answer));
  }
  sum.CloseMasking();
  for (const std::uint32_t m : agreeing) {
    ESSAIM_ASSIGN_OR_RETURN(const v1::Signed agreement, clients[m]->Agree(sum.Heads()));
    ESSAIM_RETURN_IF_ERROR(sum.TakeAgreement(m, agreement));
  }
  for (const std::uint32_t m : unmasking) {
    ESSAIM_ASSIGN_OR_RETURN(const v1::Signed shares, clients[m]->Unmask(sum.Agreements()));
    ESSAIM_RETURN_IF_ERROR(sum.TakeUnmask(m, shares));
  }
  return sum.Finish();
}

}  // namespace essaim::secagg
