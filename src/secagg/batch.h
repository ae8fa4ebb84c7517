// A batch of secure-sum sessions among the same members: what all of them know.
//
// Source of the protocol: Bonawitz et al. (2017), "Practical Secure Aggregation for
// Privacy-Preserving Machine Learning", ACM CCS, with signed keys and the consistency round that it
// needs against a hub that lies about dropouts; docs/secure-sums.md goes message by message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/secret_bytes.h"
#include "crypto/mask.h"
#include "essaim/v1/run.pb.h"
#include "essaim/v1/secagg.pb.h"
#include "secagg/codec.h"

namespace essaim::secagg {

inline constexpr std::size_t kSessionsMax = 256;

struct Member {
  std::string site;
  std::string signing_key;  // Ed25519 public key
};

struct Batch {
  std::string id;               // 32 bytes, never used twice: BatchId()
  std::vector<Member> members;  // 2 to limits::kSitesMax
  std::size_t threshold = 0;    // shares that give a member's secret
  std::size_t signers = 0;      // members that must agree on who is in a sum
  std::size_t n_sessions = 0;
  // Who shares masks and shares with whom, ascending; empty: everyone with everyone (graph.h).
  std::vector<std::vector<std::uint32_t>> neighbours;

  std::string SessionId(std::size_t session) const;     // 32 bytes
  bool Linked(std::uint32_t a, std::uint32_t b) const;  // two different members
  // The members that hold shares of `member`'s secrets, itself among them, ascending: the place in
  // this list is the share's place on the polynomial.
  std::vector<std::uint32_t> HoldersOf(std::uint32_t member) const;
};

// The id binds everything that the members must agree on before any key is made.
std::string BatchId(std::string_view run_context, std::uint32_t counter,
                    const std::vector<Member>& members);

// Sets thresholds and links: the complete graph up to 64 members, above it a k-regular one over an
// order that follows from the batch's id. kInvalidArgument if too few are left to hide among.
absl::Status PlanLinks(Batch& batch, std::size_t collusions);

// A refusal with its code: what leaves the node is the code, the text is for its own log.
absl::Status Refuse(v1::Refusal code, std::string_view text);
v1::Refusal RefusalOf(
    const absl::Status& status);  // REFUSAL_INTERNAL for a status that Refuse did not make

// Signs and verifies the bodies of one batch. `step` separates the kinds of messages.
enum class Step { kAdvert, kShares, kMasked, kConsistency, kUnmask };
std::string StepDomain(Step step, const Batch& batch);
bool VerifySigned(const Batch& batch, Step step, const v1::Signed& message);

// Hashes over lists of messages in member order: what every member must have seen alike.
std::string AdvertsHash(const std::vector<v1::Signed>& adverts);
std::string MembersHash(const std::vector<std::uint32_t>& members);
std::string ConsistencyDigest(std::string_view session, std::string_view adverts_hash,
                              const std::vector<v1::Signed>& heads);
std::string CommitmentTo(const SecretBytes& self_mask);

// The masks of one secret over a vector: one stream for its whole numbers and one for its reals,
// bound to session, context and lengths.
void ApplyMask(EncodedVector& v, const SecretBytes& secret, std::string_view session,
               std::string_view context, crypto::MaskSign sign);
void ApplyMasks(EncodedVector& v,
                const std::vector<std::pair<const SecretBytes*, crypto::MaskSign>>& secrets,
                std::string_view session, std::string_view context);

// The pairwise secret of two members for masks or for sealing shares: both sides derive the same.
enum class PairUse { kMask, kSeal };
SecretBytes PairSecret(const SecretBytes& agreed, PairUse use, std::string_view session,
                       std::uint32_t from, std::uint32_t to);

}  // namespace essaim::secagg
