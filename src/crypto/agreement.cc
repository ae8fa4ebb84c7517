#include "crypto/agreement.h"

#include <algorithm>
#include <utility>

#include "crypto/sodium_ready.h"

namespace essaim::crypto {

absl::StatusOr<std::string> PublicKeyOf(const SecretBytes& secret) {
  if (secret.size() != kAgreementBytes)
    return absl::InvalidArgumentError("an agreement secret has 32 bytes");
  internal::SodiumReady();
  std::string public_key(kAgreementBytes, '\0');
  crypto_scalarmult_base(reinterpret_cast<unsigned char*>(public_key.data()), secret.data());
  return public_key;
}

absl::StatusOr<AgreementKey> AgreementKey::FromSecret(SecretBytes secret) {
  absl::StatusOr<std::string> public_key = PublicKeyOf(secret);
  if (!public_key.ok()) return public_key.status();
  return AgreementKey(std::move(secret), *std::move(public_key));
}

bool IsCanonicalKey(std::string_view key) {
  if (key.size() != kAgreementBytes) return false;
  const auto byte = [key](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  if (byte(31) != 0x7f) return byte(31) < 0x7f;  // the top bit, and everything below the last 2^248
  const std::string_view middle = key.substr(1, 30);
  return std::ranges::any_of(middle, [](char c) { return c != '\xff'; }) || byte(0) < 0xed;
}

namespace internal {

bool X25519(const SecretBytes& secret, std::string_view public_key, SecretBytes& shared) {
  SodiumReady();
  shared = SecretBytes(kAgreementBytes);
  // libsodium answers -1 when the result is zero, that is, for points of low order.
  return crypto_scalarmult(shared.data(), secret.data(),
                           reinterpret_cast<const unsigned char*>(public_key.data())) == 0;
}

}  // namespace internal

bool IsUsableKey(std::string_view public_key) {
  // Every clamped scalar is a multiple of the cofactor, so any of them finds a low order.
  SecretBytes shared;
  return IsCanonicalKey(public_key) &&
         internal::X25519(SecretBytes::CopyOf(std::string(kAgreementBytes, 'x')), public_key,
                          shared);
}

absl::StatusOr<SecretBytes> AgreementKey::Agree(std::string_view peer_public_key) const {
  if (!IsCanonicalKey(peer_public_key))
    return absl::InvalidArgumentError("an agreement key is 32 bytes, below 2^255 - 19");
  SecretBytes shared;
  if (!internal::X25519(secret_, peer_public_key, shared))
    return absl::InvalidArgumentError("an agreement key of low order");
  return shared;
}

}  // namespace essaim::crypto
