#include "secagg/batch.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/cord.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "secagg/graph.h"
#include "secagg/threshold.h"

namespace essaim::secagg {
namespace {

constexpr std::size_t kDropoutShare = 10;  // above 64 members, one in so many may be lost
constexpr char kRefusalPayload[] = "essaim/refusal";

crypto::SignedMaskKey MaskKeyOf(const SecretBytes& secret, std::string_view session,
                                std::string_view context, std::string_view part, std::size_t length,
                                crypto::MaskSign sign) {
  ByteWriter info;
  info.Bytes("essaim/mask");
  info.Bytes(session);
  info.Bytes(context);
  info.Bytes(part);
  info.U64(length);
  const SecretBytes raw = crypto::Hkdf(secret.span(), "", info.bytes(), crypto::kMaskKeyBytes);
  crypto::SignedMaskKey key{.key = {}, .sign = sign};
  std::memcpy(key.key.data(), raw.data(), raw.size());
  return key;
}

}  // namespace

std::string Batch::SessionId(std::size_t session) const {
  ByteWriter w;
  w.U64(session);
  return crypto::HashOf("essaim/session", {id, w.bytes()});
}

bool Batch::Linked(std::uint32_t a, std::uint32_t b) const {
  return a != b && (neighbours.empty() || std::ranges::binary_search(neighbours[a], b));
}

std::vector<std::uint32_t> Batch::HoldersOf(std::uint32_t member) const {
  std::vector<std::uint32_t> holders;
  for (std::uint32_t m = 0; m < members.size(); ++m) {
    if (m == member || Linked(member, m)) holders.push_back(m);
  }
  return holders;
}

absl::Status PlanLinks(Batch& batch, std::size_t collusions) {
  const std::size_t n = batch.members.size();
  const std::size_t dropouts = n <= kCompleteGraphMax ? 0 : n / kDropoutShare;
  ESSAIM_ASSIGN_OR_RETURN(const GraphParameters graph, PlanGraph(n, collusions, dropouts));
  batch.threshold = graph.threshold;
  // Any two sets of that many signers share one that is honest and signs one list only.
  batch.signers = (n + collusions) / 2 + 1;
  batch.neighbours.clear();
  if (n > kCompleteGraphMax) {
    ESSAIM_ASSIGN_OR_RETURN(batch.neighbours, NeighboursOf(n, graph.degree, batch.id));
  }
  return absl::OkStatus();
}

std::string BatchId(std::string_view run_context, std::uint32_t counter,
                    const std::vector<Member>& members) {
  ByteWriter w;
  w.U32(counter);
  w.U64(members.size());
  for (const Member& m : members) {
    w.Bytes(m.site);
    w.Bytes(m.signing_key);
  }
  return crypto::HashOf("essaim/batch", {run_context, w.bytes()});
}

absl::Status Refuse(v1::Refusal code, std::string_view text) {
  absl::Status status = absl::FailedPreconditionError(Av(text));
  status.SetPayload(kRefusalPayload, absl::Cord(v1::Refusal_Name(code)));
  return status;
}

v1::Refusal RefusalOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kRefusalPayload);
  v1::Refusal code = v1::REFUSAL_INTERNAL;
  if (payload.has_value()) v1::Refusal_Parse(std::string(*payload), &code);
  return code;
}

std::string StepDomain(Step step, const Batch& batch) {
  static constexpr const char* kNames[] = {"essaim/advert:", "essaim/shares:", "essaim/masked:",
                                           "essaim/consistency:", "essaim/unmask:"};
  return kNames[static_cast<int>(step)] + batch.id;
}

bool VerifySigned(const Batch& batch, Step step, const v1::Signed& message) {
  return message.member() < batch.members.size() &&
         crypto::Verify(batch.members[message.member()].signing_key, StepDomain(step, batch),
                        message.body(), message.signature());
}

std::string AdvertsHash(const std::vector<v1::Signed>& adverts) {
  ByteWriter w;
  for (const v1::Signed& advert : adverts) {
    w.U32(advert.member());
    w.Bytes(advert.body());
  }
  return crypto::HashOf("essaim/adverts", {w.bytes()});
}

std::string MembersHash(const std::vector<std::uint32_t>& members) {
  ByteWriter w;
  for (const std::uint32_t m : members) w.U32(m);
  return crypto::HashOf("essaim/members", {w.bytes()});
}

std::string ConsistencyDigest(std::string_view session, std::string_view adverts_hash,
                              const std::vector<v1::Signed>& heads) {
  ByteWriter w;
  for (const v1::Signed& head : heads) {
    w.U32(head.member());
    w.Bytes(head.body());
  }
  return crypto::HashOf("essaim/consistency", {session, adverts_hash, w.bytes()});
}

std::string CommitmentTo(const SecretBytes& self_mask) {
  return crypto::HashOf("essaim/self-mask", {self_mask.view()});
}

void ApplyMasks(EncodedVector& v,
                const std::vector<std::pair<const SecretBytes*, crypto::MaskSign>>& secrets,
                std::string_view session, std::string_view context) {
  std::vector<crypto::SignedMaskKey> whole, real;
  for (const auto& [secret, sign] : secrets) {
    whole.push_back(MaskKeyOf(*secret, session, context, "u64", v.whole.size(), sign));
    real.push_back(MaskKeyOf(*secret, session, context, "u128", v.real.size(), sign));
  }
  crypto::ApplyMasks(std::span(v.whole), whole);
  crypto::ApplyMasks(std::span(v.real), real);
}

void ApplyMask(EncodedVector& v, const SecretBytes& secret, std::string_view session,
               std::string_view context, crypto::MaskSign sign) {
  ApplyMasks(v, {{&secret, sign}}, session, context);
}

SecretBytes PairSecret(const SecretBytes& agreed, PairUse use, std::string_view session,
                       std::uint32_t from, std::uint32_t to) {
  ByteWriter info;
  info.Bytes(use == PairUse::kMask ? "essaim/pair-mask" : "essaim/pair-seal");
  info.Bytes(session);
  // A mask is of the pair; a seal is of the direction, so that its key seals one message.
  info.U32(use == PairUse::kMask ? std::min(from, to) : from);
  info.U32(use == PairUse::kMask ? std::max(from, to) : to);
  return crypto::Hkdf(agreed.span(), "", info.bytes(), 32);
}

}  // namespace essaim::secagg
