// Blinding that commutes: elements of ristretto255 (RFC 9496) times a secret number.
//
// Whoever blinds with a, and then b, gets what b, and then a, gives; from a blinded element nobody
// without the number tells which text it is of, or whether a text they know is it (the decisional
// Diffie-Hellman problem). The base of counting what two lists have in common (Meadows 1986;
// Huberman, Franklin & Hogg 1999).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

inline constexpr std::size_t kElementBytes = 32;

// Threads: const methods may run concurrently.
class BlindingKey {
 public:
  static absl::StatusOr<BlindingKey> Draw(Entropy& entropy);
  // What secret() gave. kInvalidArgument: not 32 bytes of a number that is not zero.
  static absl::StatusOr<BlindingKey> FromSecret(const SecretBytes& secret);

  const SecretBytes& secret() const { return scalar_; }

  // The element that the text hashes to (SHA-512 and the one-way map of RFC 9496, 4.3.4), blinded.
  std::string BlindText(std::string_view text) const;
  // kInvalidArgument: no canonical element, or the neutral one, which every number leaves as it is.
  absl::StatusOr<std::string> Blind(std::string_view element) const;

 private:
  explicit BlindingKey(SecretBytes scalar) : scalar_(std::move(scalar)) {}

  SecretBytes scalar_;
};

namespace internal {

std::string ElementOfUniform(std::string_view bytes64);  // for the RFC's vectors

}  // namespace internal

}  // namespace essaim::crypto
