#include "secagg/client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/seeded_entropy.h"
#include "secagg/shamir.h"

namespace essaim::secagg {
namespace {

absl::StatusOr<SecretBytes> Draw(Entropy& entropy) {
  SecretBytes secret(32);
  ESSAIM_RETURN_IF_ERROR(entropy.Fill({secret.data(), secret.size()}));
  return secret;
}

std::string SealContext(std::string_view session, std::uint32_t from, std::uint32_t to,
                        std::string_view adverts) {
  ByteWriter w;
  w.Bytes(session);
  w.U32(from);
  w.U32(to);
  w.Bytes(adverts);
  return w.Take();
}

// The members of a list of messages, each once and each of the batch.
absl::StatusOr<std::set<std::uint32_t>> MembersOf(const std::vector<v1::Signed>& messages,
                                                  std::uint32_t n) {
  std::set<std::uint32_t> members;
  for (const v1::Signed& m : messages) {
    if (m.member() >= n)
      return Refuse(v1::REFUSAL_FOREIGN_MEMBER, "a message of a member that the batch has not");
    if (!members.insert(m.member()).second)
      return Refuse(v1::REFUSAL_REPEATED_MEMBER, "two messages of one member");
  }
  return members;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Make(ClientOptions options) {
  const Batch& batch = options.batch;
  const std::size_t n = batch.members.size();
  if (n < 2 || n > limits::kSitesMax || options.self >= n || batch.threshold < 1 ||
      batch.threshold > batch.HoldersOf(options.self).size() || batch.signers < 1 ||
      batch.signers > n || batch.n_sessions < 1 || batch.n_sessions > kSessionsMax) {
    return absl::InvalidArgumentError("a batch out of its limits");
  }
  std::set<std::string> sites, keys;
  for (const Member& m : batch.members) {
    if (!sites.insert(m.site).second || !keys.insert(m.signing_key).second) {
      return Refuse(v1::REFUSAL_REPEATED_MEMBER, "two members of one name or one key");
    }
  }
  std::unique_ptr<Client> client(new Client(std::move(options)));
  ESSAIM_ASSIGN_OR_RETURN(client->signing_key_,
                          crypto::SigningKey::FromSeed(client->options_.signing_seed));
  if (client->signing_key_->public_key() !=
      client->options_.batch.members[client->options_.self].signing_key) {
    return Refuse(v1::REFUSAL_CHANGED_KEY, "the roster has another key for this site");
  }
  ESSAIM_RETURN_IF_ERROR(client->MakeKeys());
  client->peers_.resize(client->n_members());
  return client;
}

absl::Status Client::MakeKeys() {
  crypto::SeededEntropy entropy(options_.seed.Clone(), absl::StrCat("keys:", options_.batch.id));
  for (std::size_t s = 0; s < options_.batch.n_sessions; ++s) {
    ESSAIM_ASSIGN_OR_RETURN(SecretBytes share, Draw(entropy));
    ESSAIM_ASSIGN_OR_RETURN(SecretBytes mask, Draw(entropy));
    ESSAIM_ASSIGN_OR_RETURN(SecretBytes self, Draw(entropy));
    ESSAIM_ASSIGN_OR_RETURN(crypto::AgreementKey share_key,
                            crypto::AgreementKey::FromSecret(std::move(share)));
    ESSAIM_ASSIGN_OR_RETURN(crypto::AgreementKey mask_key,
                            crypto::AgreementKey::FromSecret(std::move(mask)));
    keys_.push_back({std::move(share_key), std::move(mask_key), std::move(self)});
  }
  return absl::OkStatus();
}

v1::Signed Client::Sign(Step step, std::string body) const {
  v1::Signed message;
  message.set_member(options_.self);
  message.set_signature(signing_key_->Sign(StepDomain(step, options_.batch), body));
  message.set_body(std::move(body));
  return message;
}

v1::Signed Client::Advertise() const {
  v1::Advert advert;
  for (const Keys& keys : keys_) {
    advert.add_share_keys(keys.share.public_key());
    advert.add_mask_keys(keys.mask.public_key());
  }
  return Sign(Step::kAdvert, advert.SerializeAsString());
}

absl::Status Client::TakeAdvert(const v1::Signed& message) {
  if (!VerifySigned(options_.batch, Step::kAdvert, message)) {
    return Refuse(v1::REFUSAL_BAD_SIGNATURE, "an advert that its member did not sign");
  }
  if (message.member() == options_.self && message.body() != Advertise().body()) {
    return Refuse(v1::REFUSAL_EQUIVOCATION, "an own advert that this site did not make");
  }
  v1::Advert advert;
  const auto n = static_cast<int>(options_.batch.n_sessions);
  if (!advert.ParseFromString(message.body()) || advert.share_keys_size() != n ||
      advert.mask_keys_size() != n) {
    return Refuse(v1::REFUSAL_MALFORMED, "an advert without one pair of keys a session");
  }
  for (std::size_t s = 0; s < keys_.size(); ++s) {
    const int at = static_cast<int>(s);
    if (!keys_[s].share.Agree(advert.share_keys(at)).ok() ||
        !keys_[s].mask.Agree(advert.mask_keys(at)).ok()) {
      return Refuse(v1::REFUSAL_BAD_KEY, "a key of the wrong length or of low order");
    }
  }
  Peer& peer = peers_[message.member()];
  peer.share_keys.assign(advert.share_keys().begin(), advert.share_keys().end());
  peer.mask_keys.assign(advert.mask_keys().begin(), advert.mask_keys().end());
  return absl::OkStatus();
}

// shares[holder][session]: the holder's share of self_mask, then of the mask secret; nothing for
// members that hold none.
absl::StatusOr<std::vector<std::vector<std::string>>> Client::SplitSecrets() const {
  crypto::SeededEntropy entropy(options_.seed.Clone(), absl::StrCat("shares:", options_.batch.id));
  const std::vector<std::uint32_t> holders = options_.batch.HoldersOf(options_.self);
  std::vector<std::vector<std::string>> shares(n_members(), std::vector<std::string>(keys_.size()));
  for (std::size_t s = 0; s < keys_.size(); ++s) {
    for (const SecretBytes* secret : {&keys_[s].self_mask, &keys_[s].mask.secret()}) {
      ESSAIM_ASSIGN_OR_RETURN(const std::vector<Share> split,
                              Split(*secret, options_.batch.threshold, holders.size(), entropy));
      for (std::size_t i = 0; i < holders.size(); ++i) shares[holders[i]][s] += split[i].Encode();
    }
  }
  return shares;
}

absl::StatusOr<SecretBytes> Client::SealKey(std::uint32_t from, std::uint32_t to,
                                            std::size_t session) const {
  const std::uint32_t other = from == options_.self ? to : from;
  const absl::StatusOr<SecretBytes> agreed =
      keys_[session].share.Agree(peers_[other].share_keys[session]);
  if (!agreed.ok()) return Refuse(v1::REFUSAL_BAD_KEY, "a share key of low order");
  return PairSecret(*agreed, PairUse::kSeal, options_.batch.SessionId(session), from, to);
}

absl::StatusOr<std::vector<v1::Signed>> Client::ShareKeys(const std::vector<v1::Signed>& adverts) {
  if (!adverts_hash_.empty()) return Refuse(v1::REFUSAL_OUT_OF_ORDER, "shares were made already");
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::uint32_t> members, MembersOf(adverts, n_members()));
  if (members.size() != n_members())
    return Refuse(v1::REFUSAL_FOREIGN_MEMBER, "adverts of some members are missing");
  std::vector<v1::Signed> in_order = adverts;
  std::ranges::sort(in_order, {}, [](const v1::Signed& m) { return m.member(); });
  std::set<std::string> distinct;
  for (const v1::Signed& advert : in_order) {
    ESSAIM_RETURN_IF_ERROR(TakeAdvert(advert));
    const Peer& peer = peers_[advert.member()];
    distinct.insert(peer.share_keys.begin(), peer.share_keys.end());
    distinct.insert(peer.mask_keys.begin(), peer.mask_keys.end());
  }
  if (distinct.size() != 2 * keys_.size() * n_members())
    return Refuse(v1::REFUSAL_BAD_KEY, "a key is used twice");

  const std::string hash = AdvertsHash(in_order);
  ESSAIM_ASSIGN_OR_RETURN(auto shares, SplitSecrets());
  std::vector<v1::Signed> bundles;
  for (std::uint32_t to = 0; to < n_members(); ++to) {
    if (!options_.batch.Linked(options_.self, to)) continue;
    v1::ShareBundle bundle;
    bundle.set_recipient(to);
    bundle.set_adverts_hash(hash);
    for (std::size_t s = 0; s < keys_.size(); ++s) {
      ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, SealKey(options_.self, to, s));
      bundle.add_commitments(CommitmentTo(keys_[s].self_mask));
      bundle.add_sealed(crypto::SealOnce(
          key, shares[to][s], SealContext(options_.batch.SessionId(s), options_.self, to, hash)));
    }
    bundles.push_back(Sign(Step::kShares, bundle.SerializeAsString()));
  }
  peers_[options_.self].shares = std::move(shares[options_.self]);
  adverts_hash_ = hash;
  return bundles;
}

absl::Status Client::TakeBundle(const v1::Signed& message) {
  if (!VerifySigned(options_.batch, Step::kShares, message)) {
    return Refuse(v1::REFUSAL_BAD_SIGNATURE, "shares that their member did not sign");
  }
  v1::ShareBundle bundle;
  const auto n = static_cast<int>(keys_.size());
  if (!bundle.ParseFromString(message.body()) || bundle.sealed_size() != n ||
      bundle.commitments_size() != n) {
    return Refuse(v1::REFUSAL_MALFORMED, "a bundle without one share a session");
  }
  if (bundle.recipient() != options_.self)
    return Refuse(v1::REFUSAL_FOREIGN_MEMBER, "shares for another member");
  if (bundle.adverts_hash() != adverts_hash_) {
    return Refuse(v1::REFUSAL_EQUIVOCATION, "a member was shown other keys");
  }
  Peer& peer = peers_[message.member()];
  peer.shares.clear();  // of an earlier delivery that was refused half way
  for (std::size_t s = 0; s < keys_.size(); ++s) {
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, SealKey(message.member(), options_.self, s));
    const absl::StatusOr<SecretBytes> opened = crypto::OpenOnce(
        key, bundle.sealed(static_cast<int>(s)),
        SealContext(options_.batch.SessionId(s), message.member(), options_.self, adverts_hash_));
    if (!opened.ok() || opened->size() != 2 * kShareBytes)
      return Refuse(v1::REFUSAL_BAD_SHARE, "a share does not open");
    peer.shares.emplace_back(opened->view());
  }
  return absl::OkStatus();
}

absl::Status Client::Deliver(const std::vector<v1::Signed>& bundles) {
  if (adverts_hash_.empty() || delivered_)
    return Refuse(v1::REFUSAL_OUT_OF_ORDER, "shares out of order");
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::uint32_t> members, MembersOf(bundles, n_members()));
  const Batch& batch = options_.batch;
  const bool linked =
      std::ranges::all_of(members, [&](std::uint32_t m) { return batch.Linked(options_.self, m); });
  if (!linked || members.size() + 1 != batch.HoldersOf(options_.self).size()) {
    return Refuse(v1::REFUSAL_FOREIGN_MEMBER,
                  "shares of every neighbour, and no other, are needed");
  }
  for (const v1::Signed& bundle : bundles) ESSAIM_RETURN_IF_ERROR(TakeBundle(bundle));
  delivered_ = true;
  return absl::OkStatus();
}

absl::StatusOr<v1::MaskedAnswer> Client::Mask(std::size_t session, std::string_view context,
                                              EncodedVector encoded) {
  if (!delivered_) return Refuse(v1::REFUSAL_OUT_OF_ORDER, "no shares yet");
  if (session >= keys_.size())
    return Refuse(v1::REFUSAL_MALFORMED, "a session that the batch has not");
  if (!used_.insert(session).second)
    return Refuse(v1::REFUSAL_SESSION_REUSED, "a session is used once");
  const std::string id = options_.batch.SessionId(session);
  std::vector<SecretBytes> pairs;
  pairs.reserve(n_members());
  std::vector<std::pair<const SecretBytes*, crypto::MaskSign>> masks = {
      {&keys_[session].self_mask, crypto::MaskSign::kAdd}};
  for (std::uint32_t m = 0; m < n_members(); ++m) {
    if (!options_.batch.Linked(options_.self, m)) continue;
    const absl::StatusOr<SecretBytes> agreed =
        keys_[session].mask.Agree(peers_[m].mask_keys[session]);
    if (!agreed.ok()) return Refuse(v1::REFUSAL_BAD_KEY, "a mask key of low order");
    pairs.push_back(PairSecret(*agreed, PairUse::kMask, id, options_.self, m));
    masks.emplace_back(&pairs.back(),
                       options_.self < m ? crypto::MaskSign::kAdd : crypto::MaskSign::kSubtract);
  }
  ApplyMasks(encoded, masks, id, context);

  v1::MaskedAnswer answer;
  answer.set_vector(encoded.Encode());
  std::vector<std::uint32_t> members(n_members());
  for (std::uint32_t m = 0; m < n_members(); ++m) members[m] = m;
  v1::MaskedHead head;
  head.set_session(id);
  head.set_context(std::string(context));
  head.set_members_hash(MembersHash(members));
  head.set_vector_hash(crypto::Sha256(answer.vector()));
  *answer.mutable_head() = Sign(Step::kMasked, head.SerializeAsString());
  open_ = Open{.session = session,
               .context = std::string(context),
               .head = answer.head().body(),
               .digest = "",
               .in_sum = {}};
  return answer;
}

absl::Status Client::RestoreMask(std::size_t session, const v1::MaskedAnswer& answer) {
  v1::MaskedHead head;
  if (!delivered_ || session >= keys_.size() || !used_.insert(session).second ||
      !VerifySigned(options_.batch, Step::kMasked, answer.head()) ||
      answer.head().member() != options_.self || !head.ParseFromString(answer.head().body()) ||
      head.session() != options_.batch.SessionId(session)) {
    return absl::DataLossError("the persisted answer is not of this session");
  }
  open_ = Open{.session = session,
               .context = head.context(),
               .head = answer.head().body(),
               .digest = "",
               .in_sum = {}};
  return absl::OkStatus();
}

absl::Status Client::CheckHead(const v1::Signed& message) const {
  if (!VerifySigned(options_.batch, Step::kMasked, message)) {
    return Refuse(v1::REFUSAL_BAD_SIGNATURE, "a head that its member did not sign");
  }
  v1::MaskedHead head, own;
  if (!head.ParseFromString(message.body()) || !own.ParseFromString(open_->head) ||
      head.vector_hash().size() != crypto::kHashBytes) {
    return Refuse(v1::REFUSAL_MALFORMED, "a head that does not parse");
  }
  if (head.session() != own.session())
    return Refuse(v1::REFUSAL_REPLAYED, "a head of another session");
  if (head.context() != own.context() || head.members_hash() != own.members_hash()) {
    return Refuse(v1::REFUSAL_EQUIVOCATION, "a member was shown another state");
  }
  if (message.member() == options_.self && message.body() != open_->head) {
    return Refuse(v1::REFUSAL_EQUIVOCATION, "an own head that this site did not send");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Signed> Client::Agree(const std::vector<v1::Signed>& heads) {
  if (!open_.has_value() || !open_->digest.empty())
    return Refuse(v1::REFUSAL_OUT_OF_ORDER, "no sum to agree on");
  ESSAIM_ASSIGN_OR_RETURN(std::set<std::uint32_t> members, MembersOf(heads, n_members()));
  if (!members.contains(options_.self))
    return Refuse(v1::REFUSAL_SELF_LEFT_OUT, "this site sent its vector and is left out");
  if (members.size() < std::max(options_.batch.signers, options_.minimum_sites)) {
    return Refuse(v1::REFUSAL_TOO_FEW_SITES, "too few sites in the sum");
  }
  if (options_.all_members_or_none && members.size() != n_members()) {
    return Refuse(v1::REFUSAL_COHORT_CHANGED, "a member is left out, and the study waits for all");
  }
  std::vector<v1::Signed> in_order = heads;
  std::ranges::sort(in_order, {}, [](const v1::Signed& m) { return m.member(); });
  for (const v1::Signed& head : in_order) ESSAIM_RETURN_IF_ERROR(CheckHead(head));
  const std::string id = options_.batch.SessionId(open_->session);
  open_->digest = ConsistencyDigest(id, adverts_hash_, in_order);
  open_->in_sum = std::move(members);
  v1::Consistency body;
  body.set_session(id);
  body.set_digest(open_->digest);
  return Sign(Step::kConsistency, body.SerializeAsString());
}

absl::StatusOr<v1::Signed> Client::Unmask(const std::vector<v1::Signed>& signatures) {
  if (!open_.has_value() || open_->digest.empty())
    return Refuse(v1::REFUSAL_OUT_OF_ORDER, "no agreed sum to unmask");
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::uint32_t> members,
                          MembersOf(signatures, n_members()));
  if (members.size() < options_.batch.signers)
    return Refuse(v1::REFUSAL_THRESHOLD, "too few signatures");
  const std::string id = options_.batch.SessionId(open_->session);
  for (const v1::Signed& signature : signatures) {
    v1::Consistency body;
    if (!VerifySigned(options_.batch, Step::kConsistency, signature) ||
        !body.ParseFromString(signature.body())) {
      return Refuse(v1::REFUSAL_BAD_SIGNATURE, "an agreement that its member did not sign");
    }
    if (body.session() != id)
      return Refuse(v1::REFUSAL_REPLAYED, "an agreement on another session");
    if (body.digest() != open_->digest)
      return Refuse(v1::REFUSAL_EQUIVOCATION, "a member agreed on another list");
    if (!open_->in_sum.contains(signature.member())) {
      return Refuse(v1::REFUSAL_FOREIGN_MEMBER, "an agreement of a member that is not in the sum");
    }
  }
  v1::Unmask body;
  body.set_session(id);
  for (std::uint32_t m = 0; m < n_members(); ++m) {
    if (m != options_.self && !options_.batch.Linked(options_.self, m)) continue;
    const std::string& shares = peers_[m].shares[open_->session];
    const bool in_sum = open_->in_sum.contains(m);
    v1::MemberShare* share = in_sum ? body.add_self_mask() : body.add_pairwise();
    share->set_member(m);
    share->set_share(in_sum ? shares.substr(0, kShareBytes) : shares.substr(kShareBytes));
  }
  open_.reset();  // one answer a session: whoever persisted it sends the same bytes again
  return Sign(Step::kUnmask, body.SerializeAsString());
}

}  // namespace essaim::secagg
