#include "crypto/agreement.h"

#include <sodium.h>

#include <utility>

namespace essaim::crypto {

absl::StatusOr<AgreementKey> AgreementKey::FromSecret(SecretBytes secret) {
  if (secret.size() != kAgreementBytes)
    return absl::InvalidArgumentError("an agreement secret has 32 bytes");
  std::string public_key(kAgreementBytes, '\0');
  crypto_scalarmult_base(reinterpret_cast<unsigned char*>(public_key.data()), secret.data());
  return AgreementKey(std::move(secret), std::move(public_key));
}

absl::StatusOr<SecretBytes> AgreementKey::Agree(std::string_view peer_public_key) const {
  if (peer_public_key.size() != kAgreementBytes) {
    return absl::InvalidArgumentError("an agreement key has 32 bytes");
  }
  SecretBytes shared(kAgreementBytes);
  // libsodium answers -1 when the result is zero, that is, for points of low order.
  if (crypto_scalarmult(shared.data(), secret_.data(),
                        reinterpret_cast<const unsigned char*>(peer_public_key.data())) != 0) {
    return absl::InvalidArgumentError("an agreement key of low order");
  }
  return shared;
}

}  // namespace essaim::crypto
