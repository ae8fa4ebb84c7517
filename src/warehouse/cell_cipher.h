// Seals single cells of the warehouse: free text under a key of its own, on any engine.
//
// AES-256-GCM with a random nonce (crypto/aead.h), as text: "sealed:" and base64. Whoever holds the
// database's own key, or the database server, still reads no note; with the key destroyed nobody
// does, and every other cell stays readable.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim {

class CellCipher {
 public:
  // `key`: 32 bytes. `entropy` outlives this.
  CellCipher(SecretBytes key, Entropy& entropy) : key_(std::move(key)), entropy_(entropy) {}

  absl::StatusOr<std::string> Seal(std::string_view text) const;
  // A cell that is not sealed comes back as it is: it was loaded before sealing, or by another
  // tool. kDataLoss: sealed under another key, or changed.
  absl::StatusOr<std::string> Open(std::string_view cell) const;
  static bool IsSealed(std::string_view cell);

 private:
  SecretBytes key_;
  Entropy& entropy_;
};

}  // namespace essaim
