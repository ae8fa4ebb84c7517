// A file sealed piece by piece: written and read as a stream, whatever its size.
//
// "ESSIMG1\n", 16 random bytes, then pieces: a length of 32 bits little endian and that many bytes
// of AES-256-GCM (crypto/aead.h). The key of a file is derived from the store's and its random
// bytes; a piece is bound to its place and to whether it is the last, so that a file that was cut,
// or whose pieces were moved, does not open.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"
#include "crypto/hash.h"

namespace essaim::dicom {

inline constexpr std::size_t kPieceBytes = 1 << 18;

class SealedWriter {
 public:
  // Makes the file, mode 0600, or overwrites it. `entropy` outlives this.
  static absl::StatusOr<std::unique_ptr<SealedWriter>> Create(const std::string& path,
                                                              const SecretBytes& key,
                                                              Entropy& entropy);
  ~SealedWriter();  // leaves an unfinished file as it is
  absl::Status Write(std::string_view bytes);
  absl::Status Finish();  // the last piece, and closed; nothing may be written after it

  std::uint64_t bytes() const { return bytes_; }

  const std::string& sha256_hex() const {
    return sha256_hex_;
  }  // of what was written, once finished

 private:
  SealedWriter(std::FILE* file, SecretBytes key, Entropy& entropy)
      : file_(file), key_(std::move(key)), entropy_(entropy) {}

  absl::Status Piece(std::string_view bytes, bool last);

  std::FILE* file_;
  SecretBytes key_;
  Entropy& entropy_;
  crypto::Sha256Hasher hasher_;
  std::string waiting_;
  std::uint64_t bytes_ = 0, n_pieces_ = 0;
  std::string sha256_hex_;
};

// Whether that key opens the file's first piece, and so whatever of it is whole. kNotFound.
absl::StatusOr<bool> IsSealedUnder(const std::string& path, const SecretBytes& key);

// Gives what was sealed to `take`, piece by piece, and stops at its first error. kDataLoss: another
// key, or not what was sealed; pieces given before were right, the whole is not. kNotFound.
absl::Status ReadSealed(const std::string& path, const SecretBytes& key,
                        const std::function<absl::Status(std::string_view)>& take);

}  // namespace essaim::dicom
