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

  // The shared secret, to be fed to Hkdf. kInvalidArgument for a key of the wrong length or of low
  // order (the shared secret would be all zeros and known to everyone).
  absl::StatusOr<SecretBytes> Agree(std::string_view peer_public_key) const;

 private:
  AgreementKey(SecretBytes secret, std::string public_key)
      : secret_(std::move(secret)), public_key_(std::move(public_key)) {}

  SecretBytes secret_;
  std::string public_key_;
};

}  // namespace essaim::crypto
