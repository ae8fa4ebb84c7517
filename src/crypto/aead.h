// AES-256-GCM (NIST SP 800-38D).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;

// For a key that seals one message in its life (a key derived for one sender, receiver and
// session): the nonce is zero, so equal inputs give equal bytes. Sealing two messages under one key
// breaks both.
std::string SealOnce(const SecretBytes& key, std::string_view plaintext,
                     std::string_view associated);
// kDataLoss if the key, the associated data or any bit is not what was sealed.
absl::StatusOr<SecretBytes> OpenOnce(const SecretBytes& key, std::string_view sealed,
                                     std::string_view associated);

// For a key that seals many messages (a store's): a random nonce of 96 bits goes in front.
absl::StatusOr<std::string> Seal(const SecretBytes& key, std::string_view plaintext,
                                 std::string_view associated, Entropy& entropy);
absl::StatusOr<SecretBytes> Open(const SecretBytes& key, std::string_view sealed,
                                 std::string_view associated);

}  // namespace essaim::crypto
