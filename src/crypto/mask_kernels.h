// The two kernels behind mask.h. Internal to crypto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "crypto/mask.h"

namespace essaim::crypto::internal {

// Adds or subtracts the stream of `key` from block `first_block` on, over `n` bytes (a multiple of
// the width; only the last tile of a vector may be no multiple of 16). Each kernel is an object so
// that a key schedule is made once a key, not once a tile.
class MaskCipher {
 public:
  virtual ~MaskCipher() = default;
  virtual void Apply(std::uint8_t* v, std::size_t n, std::size_t width,
                     std::uint64_t first_block) = 0;
  // Writes the stream itself.
  virtual void Generate(std::uint8_t* out, std::size_t n, std::uint64_t first_block) = 0;
};

std::unique_ptr<MaskCipher> MakePortable(const SignedMaskKey& key);
bool ProcessorHasVaes();
std::unique_ptr<MaskCipher> MakeVaes(const SignedMaskKey& key);  // only if HasVaes()

}  // namespace essaim::crypto::internal
