// AES in GCM or CTR over a stream of pieces, for formats that bring their own framing (the
// warehouse's encrypted file). Everything else uses the sealed boxes of this module.
//
// Key: 16, 24 or 32 bytes. IV: 1 to 16 bytes; must never repeat under one key (the caller's duty).
// CTR has no tag: whoever uses it authenticates elsewhere. Threads: one object, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace essaim::crypto {

class StreamCipher {
 public:
  enum class Mode { kGcm, kCtr };
  enum class Direction { kEncrypt, kDecrypt };

  // kInvalidArgument: a key or IV of another length. `aad` is authenticated in GCM, ignored in CTR.
  static absl::StatusOr<std::unique_ptr<StreamCipher>> Start(Mode mode, Direction direction,
                                                             std::span<const std::uint8_t> key,
                                                             std::span<const std::uint8_t> iv,
                                                             std::span<const std::uint8_t> aad);
  virtual ~StreamCipher() = default;

  // Writes as many bytes as it reads; `out` may be the input itself. kInvalidArgument if `out` is
  // shorter.
  virtual absl::Status Update(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
  // Encrypting: writes the tag. Decrypting: kDataLoss unless the tag fits. CTR: does nothing.
  virtual absl::Status Finish(std::span<std::uint8_t> tag) = 0;
};

}  // namespace essaim::crypto
