// The hub's side of secure sums: a batch's keys and shares relayed, then one session after another.
//
// The hub is trusted with availability only: everything it relays is signed, and what it learns is
// the sum. Not thread-safe. Deterministic: a function of the messages in the order they are passed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "secagg/batch.h"
#include "secagg/codec.h"
#include "secagg/shamir.h"

namespace essaim::secagg {

// Keys and shares of a batch, as they arrive.
class HubBatch {
 public:
  explicit HubBatch(Batch batch);

  const Batch& batch() const { return batch_; }

  // kInvalidArgument for what is not a well-formed message signed by that member; a repeated
  // message must be equal.
  absl::Status TakeAdvert(std::uint32_t member, const v1::Signed& advert);
  absl::Status TakeBundles(std::uint32_t member, const v1::SharesAnswer& answer);
  std::vector<v1::Signed> Adverts() const;                        // in member order
  std::vector<v1::Signed> BundlesTo(std::uint32_t member) const;  // in sender order
  std::string mask_key(std::uint32_t member, std::size_t session) const;
  std::string commitment(std::uint32_t member, std::size_t session) const;

 private:
  struct FromMember {
    std::optional<v1::Signed> advert;
    v1::Advert keys;
    std::map<std::uint32_t, v1::Signed> bundles;  // by recipient
    std::vector<std::string> commitments;
  };

  bool IsAnothersKey(std::uint32_t member, const std::string& key) const;

  Batch batch_;
  std::vector<FromMember> members_;
};

// What an auditor needs to compute a sum again without trusting the hub.
struct Transcript {
  std::map<std::uint32_t, v1::MaskedAnswer> masked;   // by member in the sum
  std::map<std::uint32_t, SecretBytes> self_masks;    // of members in the sum
  std::map<std::uint32_t, SecretBytes> mask_secrets;  // of members that are not
  std::string context;
};

// The sum, computed from nothing but the transcript and the members' public keys. kDataLoss if a
// vector has not the hash that its member signed or a secret is not the one that its member
// committed to.
absl::StatusOr<EncodedVector> ReplaySum(const HubBatch& batch, std::size_t session,
                                        const Transcript& transcript, std::size_t n_whole,
                                        std::size_t n_real);

// One sum.
class HubSession {
 public:
  // `context` is the hash that every member must have computed from.
  HubSession(const HubBatch* batch, std::size_t session, std::string context, std::size_t n_whole,
             std::size_t n_real);

  // kInvalidArgument for what is malformed, kFailedPrecondition for another context than the first
  // one's.
  absl::Status TakeMasked(std::uint32_t member, const v1::MaskedAnswer& answer);
  // Fixes who is in the sum: those whose vectors are here.
  void CloseMasking();
  std::set<std::uint32_t> in_sum() const;
  std::vector<v1::Signed> Heads() const;
  absl::Status TakeAgreement(std::uint32_t member, const v1::Signed& agreement);
  std::vector<v1::Signed> Agreements() const;
  absl::Status TakeUnmask(std::uint32_t member, const v1::Signed& unmask);

  // Whether every member's secret has shares enough.
  bool EnoughUnmasks() const;
  // With enough unmask answers: the sum. kDataLoss naming the members whose shares
  // are wrong if the secrets cannot be found; with spare shares they are found all the same and
  // `cheats` has the names.
  absl::StatusOr<EncodedVector> Finish();

  const std::vector<std::uint32_t>& cheats() const { return cheats_; }

  const Transcript& transcript() const { return transcript_; }

 private:
  absl::StatusOr<SecretBytes> Recover(std::uint32_t member, bool in_sum);

  const HubBatch* batch_;
  std::size_t session_;
  std::size_t n_whole_, n_real_;
  std::map<std::uint32_t, v1::Signed> agreements_;
  std::map<std::uint32_t, v1::Unmask> unmasks_;
  std::vector<std::uint32_t> cheats_;
  Transcript transcript_;
  bool closed_ = false;
};

}  // namespace essaim::secagg
