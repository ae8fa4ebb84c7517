#include "crypto/signing.h"

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/sodium_ready.h"

namespace essaim::crypto {
namespace {

const unsigned char* Raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

std::string Framed(std::string_view domain, std::string_view message) {
  ByteWriter w;
  w.Bytes(domain);
  std::string framed = w.Take();
  framed.append(message);
  return framed;
}

std::string SignWith(const SecretBytes& secret, std::string_view bytes) {
  std::string signature(kSignatureBytes, '\0');
  ESSAIM_CHECK(crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                                    Raw(bytes), bytes.size(), secret.data()) == 0);
  return signature;
}

}  // namespace

absl::StatusOr<SigningKey> SigningKey::FromSeed(const SecretBytes& seed) {
  if (seed.size() != kSigningSeedBytes)
    return absl::InvalidArgumentError("a signing seed has 32 bytes");
  internal::SodiumReady();
  std::string public_key(kSigningKeyBytes, '\0');
  SecretBytes secret(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key.data()), secret.data(),
                           seed.data());
  return SigningKey(std::move(public_key), std::move(secret));
}

std::string SigningKey::Sign(std::string_view domain, std::string_view message) const {
  return SignWith(secret_, Framed(domain, message));
}

bool Verify(std::string_view public_key, std::string_view domain, std::string_view message,
            std::string_view signature) {
  return internal::VerifyBytes(public_key, Framed(domain, message), signature);
}

namespace internal {

std::string SignBytes(const SecretBytes& seed, std::string_view bytes) {
  ESSAIM_CHECK(seed.size() == kSigningSeedBytes);
  internal::SodiumReady();
  std::string public_key(kSigningKeyBytes, '\0');
  SecretBytes secret(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key.data()), secret.data(),
                           seed.data());
  return SignWith(secret, bytes);
}

bool VerifyBytes(std::string_view public_key, std::string_view bytes, std::string_view signature) {
  if (public_key.size() != kSigningKeyBytes || signature.size() != kSignatureBytes) return false;
  SodiumReady();
  return crypto_sign_verify_detached(Raw(signature), Raw(bytes), bytes.size(), Raw(public_key)) ==
         0;
}

}  // namespace internal

}  // namespace essaim::crypto
