// Ed25519 signatures (RFC 8032), separated by domain.
//
// What is signed is len(domain) || domain || message, so a signature of one kind of statement is
// never one of another kind.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

inline constexpr std::size_t kSigningSeedBytes = 32;
inline constexpr std::size_t kSigningKeyBytes = 32;  // public
inline constexpr std::size_t kSignatureBytes = 64;

class SigningKey {
 public:
  // kInvalidArgument unless the seed has 32 bytes.
  static absl::StatusOr<SigningKey> FromSeed(const SecretBytes& seed);

  const std::string& public_key() const { return public_key_; }  // 32 bytes

  std::string Sign(std::string_view domain, std::string_view message) const;  // 64 bytes

 private:
  SigningKey(std::string public_key, SecretBytes secret)
      : public_key_(std::move(public_key)), secret_(std::move(secret)) {}

  std::string public_key_;
  SecretBytes secret_;  // libsodium's 64-byte form
};

// False for a wrong signature, for a key or a signature of the wrong length, and for a key of low
// order (it would verify signatures that nobody made).
bool Verify(std::string_view public_key, std::string_view domain, std::string_view message,
            std::string_view signature);

namespace internal {

// Ed25519 as in RFC 8032, without a domain, for its test vectors.
std::string SignBytes(const SecretBytes& seed, std::string_view bytes);
bool VerifyBytes(std::string_view public_key, std::string_view bytes, std::string_view signature);

}  // namespace internal

}  // namespace essaim::crypto
