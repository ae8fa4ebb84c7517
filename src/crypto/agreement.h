// X25519 key agreement (RFC 7748).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

inline constexpr std::size_t kAgreementBytes = 32;  // secret, public key and shared secret

class AgreementKey {
 public:
  // kInvalidArgument unless the secret has 32 bytes.
  static absl::StatusOr<AgreementKey> FromSecret(SecretBytes secret);

  const std::string& public_key() const { return public_key_; }

  const SecretBytes& secret() const { return secret_; }

  // The shared secret, to be fed to Hkdf. kInvalidArgument for a key of the wrong length, of low
  // order (the shared secret would be all zeros and known to everyone), or not canonical (see
  // IsCanonicalKey).
  absl::StatusOr<SecretBytes> Agree(std::string_view peer_public_key) const;

 private:
  AgreementKey(SecretBytes secret, std::string public_key)
      : secret_(std::move(secret)), public_key_(std::move(public_key)) {}

  SecretBytes secret_;
  std::string public_key_;
};

// The public key of a secret. kInvalidArgument unless the secret has 32 bytes.
absl::StatusOr<std::string> PublicKeyOf(const SecretBytes& secret);

// Whether these are 32 bytes of a number below 2^255 - 19. RFC 7748 accepts others as other names
// of the same point; here a key has one name, so that distinct keys are distinct bytes.
bool IsCanonicalKey(std::string_view public_key);

// Canonical and not of low order: what Agree takes, told without a secret.
bool IsUsableKey(std::string_view public_key);

namespace internal {

// The function of RFC 7748 section 5, whose test vectors have keys that are not canonical; false if
// the result is zero. Both inputs have 32 bytes.
bool X25519(const SecretBytes& secret, std::string_view public_key, SecretBytes& shared);

}  // namespace internal

}  // namespace essaim::crypto
