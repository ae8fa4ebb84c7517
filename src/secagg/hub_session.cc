#include "secagg/hub_session.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "crypto/agreement.h"
#include "crypto/hash.h"

namespace essaim::secagg {
namespace {

absl::Status Malformed(const char* what) { return absl::InvalidArgumentError(what); }

}  // namespace

HubBatch::HubBatch(Batch batch) : batch_(std::move(batch)), members_(batch_.members.size()) {}

absl::Status HubBatch::TakeAdvert(std::uint32_t member, const v1::Signed& advert) {
  v1::Advert keys;
  const auto n = static_cast<int>(batch_.n_sessions);
  if (advert.member() != member || !VerifySigned(batch_, Step::kAdvert, advert) ||
      !keys.ParseFromString(advert.body()) || keys.share_keys_size() != n ||
      keys.mask_keys_size() != n) {
    return Malformed("an advert that is not this member's");
  }
  const std::optional<v1::Signed>& known = members_[member].advert;
  if (known.has_value() && known->body() != advert.body())
    return Malformed("another advert than this member's first");
  // Every site refuses such keys. Found here, the one who sent them is named and the others go on.
  std::set<std::string> seen;
  for (const auto* list : {&keys.share_keys(), &keys.mask_keys()}) {
    for (const std::string& key : *list) {
      if (!crypto::IsUsableKey(key) || !seen.insert(key).second || IsAnothersKey(member, key))
        return Malformed("an advert with a key that is repeated or of low order");
    }
  }
  members_[member].advert = advert;
  members_[member].keys = std::move(keys);
  return absl::OkStatus();
}

bool HubBatch::IsAnothersKey(std::uint32_t member, const std::string& key) const {
  for (std::uint32_t other = 0; other < members_.size(); ++other) {
    const v1::Advert& keys = members_[other].keys;
    if (other != member && (std::ranges::find(keys.share_keys(), key) != keys.share_keys().end() ||
                            std::ranges::find(keys.mask_keys(), key) != keys.mask_keys().end()))
      return true;
  }
  return false;
}

absl::Status HubBatch::TakeBundles(std::uint32_t member, const v1::SharesAnswer& answer) {
  std::map<std::uint32_t, v1::Signed> bundles;
  std::vector<std::string> commitments;
  for (const v1::Signed& message : answer.bundles()) {
    v1::ShareBundle bundle;
    if (message.member() != member || !VerifySigned(batch_, Step::kShares, message) ||
        !bundle.ParseFromString(message.body()) || bundle.recipient() >= members_.size() ||
        !batch_.Linked(member, bundle.recipient()) ||
        bundle.commitments_size() != static_cast<int>(batch_.n_sessions)) {
      return Malformed("shares that are not this member's");
    }
    const std::vector<std::string> said(bundle.commitments().begin(), bundle.commitments().end());
    if (!commitments.empty() && said != commitments)
      return Malformed("a member commits to different secrets");
    commitments = said;
    if (!bundles.emplace(bundle.recipient(), message).second)
      return Malformed("two bundles to one member");
  }
  if (bundles.size() + 1 != batch_.HoldersOf(member).size())
    return Malformed("shares for some members are missing");
  const auto same = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.body() == b.second.body();
  };
  if (!members_[member].bundles.empty() &&
      !std::ranges::equal(members_[member].bundles, bundles, same)) {
    return Malformed("other shares than this member's first");
  }
  members_[member].bundles = std::move(bundles);
  members_[member].commitments = std::move(commitments);
  return absl::OkStatus();
}

std::vector<v1::Signed> HubBatch::Adverts() const {
  std::vector<v1::Signed> adverts;
  for (const FromMember& m : members_) {
    if (m.advert.has_value()) adverts.push_back(*m.advert);
  }
  return adverts;
}

std::vector<v1::Signed> HubBatch::BundlesTo(std::uint32_t member) const {
  std::vector<v1::Signed> bundles;
  for (const FromMember& m : members_) {
    const auto found = m.bundles.find(member);
    if (found != m.bundles.end()) bundles.push_back(found->second);
  }
  return bundles;
}

std::string HubBatch::mask_key(std::uint32_t member, std::size_t session) const {
  return members_[member].keys.mask_keys(static_cast<int>(session));
}

std::string HubBatch::commitment(std::uint32_t member, std::size_t session) const {
  return members_[member].commitments[session];
}

absl::StatusOr<EncodedVector> ReplaySum(const HubBatch& batch, std::size_t session,
                                        const Transcript& transcript, std::size_t n_whole,
                                        std::size_t n_real) {
  const std::string id = batch.batch().SessionId(session);
  EncodedVector sum{.whole = std::vector<std::uint64_t>(n_whole),
                    .real = std::vector<Uint128>(n_real)};
  std::vector<std::pair<const SecretBytes*, crypto::MaskSign>> masks;
  for (const auto& [member, answer] : transcript.masked) {
    v1::MaskedHead head;
    if (!VerifySigned(batch.batch(), Step::kMasked, answer.head()) ||
        !head.ParseFromString(answer.head().body()) ||
        head.vector_hash() != crypto::Sha256(answer.vector()) || head.session() != id) {
      return absl::DataLossError("a vector that its member did not sign");
    }
    ESSAIM_ASSIGN_OR_RETURN(const EncodedVector v,
                            EncodedVector::Decode(answer.vector(), n_whole, n_real));
    sum.Add(v);
    const auto self = transcript.self_masks.find(member);
    if (self == transcript.self_masks.end() ||
        CommitmentTo(self->second) != batch.commitment(member, session)) {
      return absl::DataLossError("a self-mask that its member did not commit to");
    }
    masks.emplace_back(&self->second, crypto::MaskSign::kSubtract);
  }
  std::vector<SecretBytes> pairs;
  pairs.reserve(transcript.mask_secrets.size() * transcript.masked.size());
  for (const auto& [lost, secret] : transcript.mask_secrets) {
    ESSAIM_ASSIGN_OR_RETURN(const crypto::AgreementKey key,
                            crypto::AgreementKey::FromSecret(secret.Clone()));
    if (key.public_key() != batch.mask_key(lost, session))
      return absl::DataLossError("a mask secret of another key");
    for (const auto& [member, answer] : transcript.masked) {
      if (!batch.batch().Linked(member, lost)) continue;
      ESSAIM_ASSIGN_OR_RETURN(const SecretBytes agreed, key.Agree(batch.mask_key(member, session)));
      pairs.push_back(PairSecret(agreed, PairUse::kMask, id, member, lost));
      // `member` added this mask if it comes first; it is taken back.
      masks.emplace_back(&pairs.back(),
                         member < lost ? crypto::MaskSign::kSubtract : crypto::MaskSign::kAdd);
    }
  }
  ApplyMasks(sum, masks, id, transcript.context);
  return sum;
}

HubSession::HubSession(const HubBatch* batch, std::size_t session, std::string context,
                       std::size_t n_whole, std::size_t n_real)
    : batch_(batch), session_(session), n_whole_(n_whole), n_real_(n_real) {
  transcript_.context = std::move(context);
}

absl::Status HubSession::TakeMasked(std::uint32_t member, const v1::MaskedAnswer& answer) {
  if (closed_)
    return absl::FailedPreconditionError("too late: the list of sites in the sum is closed");
  v1::MaskedHead head;
  if (answer.head().member() != member ||
      !VerifySigned(batch_->batch(), Step::kMasked, answer.head()) ||
      !head.ParseFromString(answer.head().body()) ||
      head.session() != batch_->batch().SessionId(session_) ||
      head.vector_hash() != crypto::Sha256(answer.vector())) {
    return Malformed("a masked vector that is not this member's");
  }
  ESSAIM_RETURN_IF_ERROR(EncodedVector::Decode(answer.vector(), n_whole_, n_real_).status());
  if (head.context() != transcript_.context) {
    return absl::FailedPreconditionError("a member computed from another state");
  }
  transcript_.masked[member] = answer;
  return absl::OkStatus();
}

void HubSession::CloseMasking() { closed_ = true; }

std::set<std::uint32_t> HubSession::in_sum() const {
  std::set<std::uint32_t> members;
  for (const auto& [member, answer] : transcript_.masked) members.insert(member);
  return members;
}

std::vector<v1::Signed> HubSession::Heads() const {
  std::vector<v1::Signed> heads;
  for (const auto& [member, answer] : transcript_.masked) heads.push_back(answer.head());
  return heads;
}

absl::Status HubSession::TakeAgreement(std::uint32_t member, const v1::Signed& agreement) {
  v1::Consistency body;
  if (!closed_ || !transcript_.masked.contains(member) || agreement.member() != member ||
      !VerifySigned(batch_->batch(), Step::kConsistency, agreement) ||
      !body.ParseFromString(agreement.body())) {
    return Malformed("an agreement that is not this member's");
  }
  const std::string digest = ConsistencyDigest(batch_->batch().SessionId(session_),
                                               AdvertsHash(batch_->Adverts()), Heads());
  if (body.digest() != digest) return Malformed("an agreement on something else");
  agreements_[member] = agreement;
  return absl::OkStatus();
}

std::vector<v1::Signed> HubSession::Agreements() const {
  std::vector<v1::Signed> list;
  for (const auto& [member, agreement] : agreements_) list.push_back(agreement);
  return list;
}

absl::Status HubSession::TakeUnmask(std::uint32_t member, const v1::Signed& unmask) {
  v1::Unmask body;
  if (unmask.member() != member || !VerifySigned(batch_->batch(), Step::kUnmask, unmask) ||
      !body.ParseFromString(unmask.body()) ||
      body.session() != batch_->batch().SessionId(session_)) {
    return Malformed("shares that are not this member's");
  }
  unmasks_[member] = std::move(body);
  return absl::OkStatus();
}

absl::StatusOr<SecretBytes> HubSession::Recover(std::uint32_t member, bool in_sum) {
  std::vector<Share> shares;
  const std::vector<std::uint32_t> holders = batch_->batch().HoldersOf(member);
  for (std::size_t place = 0; place < holders.size(); ++place) {
    const std::uint32_t holder = holders[place];
    const auto unmasked = unmasks_.find(holder);
    if (unmasked == unmasks_.end()) continue;
    const v1::Unmask& unmask = unmasked->second;
    for (const v1::MemberShare& share : in_sum ? unmask.self_mask() : unmask.pairwise()) {
      if (share.member() != member) continue;
      absl::StatusOr<Share> decoded = Share::Decode(place + 1, share.share());
      if (decoded.ok()) {
        shares.push_back(*decoded);
      } else {
        cheats_.push_back(holder);
      }
      break;
    }
  }
  const auto is_right = [&](const SecretBytes& secret) {
    if (in_sum) return CommitmentTo(secret) == batch_->commitment(member, session_);
    const auto key = crypto::AgreementKey::FromSecret(secret.Clone());
    return key.ok() && key->public_key() == batch_->mask_key(member, session_);
  };
  absl::StatusOr<Recovered> recovered = CombineChecked(shares, batch_->batch().threshold, is_right);
  if (!recovered.ok()) {
    return absl::DataLossError(
        absl::StrCat("the shares of ", batch_->batch().members[member].site,
                     "'s secret are wrong or too few: ", recovered.status().message()));
  }
  for (const std::uint32_t x : recovered->wrong) cheats_.push_back(holders[x - 1]);
  return std::move(recovered->secret);
}

bool HubSession::EnoughUnmasks() const {
  for (std::uint32_t m = 0; m < batch_->batch().members.size(); ++m) {
    const std::vector<std::uint32_t> holders = batch_->batch().HoldersOf(m);
    const auto n = std::ranges::count_if(
        holders, [&](std::uint32_t holder) { return unmasks_.contains(holder); });
    if (static_cast<std::size_t>(n) < batch_->batch().threshold) return false;
  }
  return true;
}

absl::StatusOr<EncodedVector> HubSession::Finish() {
  cheats_.clear();
  transcript_.self_masks.clear();
  transcript_.mask_secrets.clear();
  for (std::uint32_t m = 0; m < batch_->batch().members.size(); ++m) {
    const bool in_sum = transcript_.masked.contains(m);
    ESSAIM_ASSIGN_OR_RETURN(SecretBytes secret, Recover(m, in_sum));
    (in_sum ? transcript_.self_masks : transcript_.mask_secrets).emplace(m, std::move(secret));
  }
  std::ranges::sort(cheats_);
  cheats_.erase(std::unique(cheats_.begin(), cheats_.end()), cheats_.end());
  return ReplaySum(*batch_, session_, transcript_, n_whole_, n_real_);
}

}  // namespace essaim::secagg
