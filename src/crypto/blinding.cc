#include "crypto/blinding.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/status_macros.h"
#include "crypto/sodium_ready.h"

namespace essaim::crypto {
namespace {

constexpr std::string_view kDomain = "essaim/blinding";

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool IsZero(const SecretBytes& scalar) { return sodium_is_zero(scalar.data(), scalar.size()) == 1; }

}  // namespace

absl::StatusOr<BlindingKey> BlindingKey::Draw(Entropy& entropy) {
  internal::SodiumReady();
  SecretBytes wide(crypto_core_ristretto255_NONREDUCEDSCALARBYTES);
  ESSAIM_RETURN_IF_ERROR(entropy.Fill({wide.data(), wide.size()}));
  SecretBytes scalar(crypto_core_ristretto255_SCALARBYTES);
  crypto_core_ristretto255_scalar_reduce(scalar.data(), wide.data());
  return FromSecret(scalar);
}

absl::StatusOr<BlindingKey> BlindingKey::FromSecret(const SecretBytes& secret) {
  internal::SodiumReady();
  if (secret.size() != crypto_core_ristretto255_SCALARBYTES || IsZero(secret))
    return absl::InvalidArgumentError("a blinding key of a wrong length, or zero");
  return BlindingKey(secret.Clone());
}

std::string BlindingKey::BlindText(std::string_view text) const {
  crypto_hash_sha512_state state;
  std::array<unsigned char, crypto_hash_sha512_BYTES> digest{};
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, Bytes(kDomain), kDomain.size());
  crypto_hash_sha512_update(&state, Bytes(text), text.size());
  crypto_hash_sha512_final(&state, digest.data());
  const absl::StatusOr<std::string> blinded = Blind(
      internal::ElementOfUniform({reinterpret_cast<const char*>(digest.data()), digest.size()}));
  // A hash that is the neutral element has a chance of 2^-252: not something that a peer can send.
  ESSAIM_CHECK(blinded.ok());
  return *blinded;
}

absl::StatusOr<std::string> BlindingKey::Blind(std::string_view element) const {
  if (element.size() != kElementBytes ||
      crypto_core_ristretto255_is_valid_point(Bytes(element)) == 0)
    return absl::InvalidArgumentError("not an element of ristretto255");
  std::string blinded(kElementBytes, '\0');
  // Fails if the result is the neutral element.
  if (crypto_scalarmult_ristretto255(reinterpret_cast<unsigned char*>(blinded.data()),
                                     scalar_.data(), Bytes(element)) != 0)
    return absl::InvalidArgumentError("the neutral element of ristretto255");
  return blinded;
}

namespace internal {

std::string ElementOfUniform(std::string_view bytes64) {
  SodiumReady();
  ESSAIM_CHECK(bytes64.size() == crypto_core_ristretto255_HASHBYTES);
  std::string element(kElementBytes, '\0');
  crypto_core_ristretto255_from_hash(reinterpret_cast<unsigned char*>(element.data()),
                                     Bytes(bytes64));
  return element;
}

}  // namespace internal

}  // namespace essaim::crypto
