// Masks: a keyed stream of ring elements, added to or subtracted from a vector in place.
//
// The stream of a key is AES-128 in counter mode from counter zero (NIST SP 800-38A), read as
// little-endian words of the ring's width: 32, 64 or 128 bits. A key makes one stream in its life.
// Two kernels, chosen when the program starts and equal bit for bit: one fused with the addition in
// registers where the processor has VAES and AVX-512, and a portable one over OpenSSL.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace essaim::crypto {

inline constexpr std::size_t kMaskKeyBytes = 16;
inline constexpr std::uint64_t kMaskStreamBytesMax = std::uint64_t{1} << 36;  // of one key

using Uint128 = unsigned __int128;

enum class MaskSign { kAdd, kSubtract };

struct SignedMaskKey {
  std::array<std::uint8_t, kMaskKeyBytes> key{};
  MaskSign sign = MaskSign::kAdd;

  ~SignedMaskKey() { explicit_bzero(key.data(), key.size()); }
};

// v[i] +-= stream(key)[i] for every key. Streams above kMaskStreamBytesMax are a programmer fault.
// The vector is walked once, in tiles that stay in cache while every key's stream is applied.
// `first_block` (16 bytes each) is where in the streams the vector begins, so that parts of one
// vector can be masked apart, by several threads or as they arrive.
void ApplyMasks(std::span<std::uint32_t> v, std::span<const SignedMaskKey> keys,
                std::uint64_t first_block = 0);
void ApplyMasks(std::span<std::uint64_t> v, std::span<const SignedMaskKey> keys,
                std::uint64_t first_block = 0);
void ApplyMasks(std::span<Uint128> v, std::span<const SignedMaskKey> keys,
                std::uint64_t first_block = 0);

enum class MaskKernel { kPortable, kVaes };
bool HasVaes();                 // whether this processor can run kVaes
MaskKernel ActiveMaskKernel();  // what ApplyMasks uses
// The same with a kernel of the caller's choice, for tests and benchmarks. `bytes` is the vector's
// memory and `width` the bytes of one element: 4, 8 or 16.
void ApplyMasksWith(MaskKernel kernel, std::span<std::uint8_t> bytes, std::size_t width,
                    std::span<const SignedMaskKey> keys, std::uint64_t first_block = 0);
// Writes the stream alone, without reading or adding: what masking cannot be faster than, for
// benchmarks.
void StreamOnlyWith(MaskKernel kernel, const SignedMaskKey& key, std::span<std::uint8_t> out,
                    std::uint64_t first_block);

}  // namespace essaim::crypto
