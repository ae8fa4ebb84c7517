// A site's side of a batch of secure sums: a state machine without input or output of its own.
//
// Every secret follows from `seed`, so the same messages in give the same bytes out, also after a
// restart. Every method checks what the hub relays before it uses it and answers a refusal (see
// Refuse) otherwise: a lying hub gets an abort with a name, never a second kind of share. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"
#include "crypto/agreement.h"
#include "crypto/signing.h"
#include "secagg/batch.h"

namespace essaim::secagg {

struct ClientOptions {
  Batch batch;
  std::uint32_t self = 0;            // position among the members
  SecretBytes signing_seed;          // 32 bytes
  SecretBytes seed;                  // 32 bytes, of this batch alone
  std::size_t minimum_sites = 2;     // fewest sites in a sum that this site joins
  bool all_members_or_none = false;  // refuse a sum that leaves a member out
};

class Client {
 public:
  // kInvalidArgument for a batch out of its limits or a key of the wrong length.
  static absl::StatusOr<std::unique_ptr<Client>> Make(ClientOptions options);

  // Step 1. The same bytes on every call.
  v1::Signed Advertise() const;
  // Step 2: every member's advert in, a bundle to every other member out. REFUSAL_*: BAD_SIGNATURE,
  // FOREIGN_MEMBER, REPEATED_MEMBER, BAD_KEY, EQUIVOCATION (own advert changed), OUT_OF_ORDER.
  absl::StatusOr<std::vector<v1::Signed>> ShareKeys(const std::vector<v1::Signed>& adverts);
  // The others' bundles to this member. REFUSAL_*: BAD_SHARE, EQUIVOCATION (a sender saw other
  // adverts), and as above.
  absl::Status Deliver(const std::vector<v1::Signed>& bundles);
  // Step 3: masks the encoded vector. `context` is the hash of everything public that it was
  // computed from. REFUSAL_SESSION_REUSED unless the session is fresh.
  absl::StatusOr<v1::MaskedAnswer> Mask(std::size_t session, std::string_view context,
                                        EncodedVector encoded);
  // The same after a restart, from the answer that was persisted: no vector is needed again.
  absl::Status RestoreMask(std::size_t session, const v1::MaskedAnswer& answer);
  // Step 4: the heads of all members in the sum. REFUSAL_*: EQUIVOCATION, SELF_LEFT_OUT,
  // TOO_FEW_SITES, COHORT_CHANGED...
  absl::StatusOr<v1::Signed> Agree(const std::vector<v1::Signed>& heads);
  // Step 5: the signatures of at least `threshold` members on this member's own digest. Once a
  // session.
  absl::StatusOr<v1::Signed> Unmask(const std::vector<v1::Signed>& signatures);

 private:
  struct Keys {
    crypto::AgreementKey share, mask;
    SecretBytes self_mask;
  };

  struct Peer {
    std::vector<std::string> share_keys, mask_keys;  // one a session
    std::vector<std::string> shares;  // decrypted: of self_mask, then of the mask secret
  };

  struct Open {  // the session in progress
    std::size_t session = 0;
    std::string context;
    std::string head;    // own, as sent
    std::string digest;  // as signed, empty before
    std::set<std::uint32_t> in_sum;
  };

  explicit Client(ClientOptions options) : options_(std::move(options)) {}

  absl::Status MakeKeys();
  v1::Signed Sign(Step step, std::string body) const;
  absl::Status TakeAdvert(const v1::Signed& advert);
  absl::StatusOr<std::vector<std::vector<std::string>>> SplitSecrets() const;
  absl::StatusOr<SecretBytes> SealKey(std::uint32_t from, std::uint32_t to,
                                      std::size_t session) const;
  absl::Status TakeBundle(const v1::Signed& message);
  absl::Status CheckHead(const v1::Signed& message) const;

  std::uint32_t n_members() const {
    return static_cast<std::uint32_t>(options_.batch.members.size());
  }

  ClientOptions options_;
  std::optional<crypto::SigningKey> signing_key_;
  std::vector<Keys> keys_;    // one a session
  std::vector<Peer> peers_;   // one a member
  std::string adverts_hash_;  // empty before ShareKeys
  bool delivered_ = false;
  std::set<std::size_t> used_;  // sessions that were masked
  std::optional<Open> open_;
};

}  // namespace essaim::secagg
