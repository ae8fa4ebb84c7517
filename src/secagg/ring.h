// Elements of rings on the wire: packing to the bits that a ring has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::secagg {

// The ring of 2^32 is masked in whole words and travels in `bits` bits: 2^bits divides 2^32, so
// what is dropped is no part of the sum.
inline constexpr int kPackedBitsMin = 8;
inline constexpr int kPackedBitsMax = 32;

std::size_t PackedBytes(std::size_t n, int bits);  // ceil(n * bits / 8)

// The low `bits` bits of each word, the first word's in the lowest bits of the first byte. A number
// of bits outside 8 to 32 is a programmer fault.
std::string PackBits(std::span<const std::uint32_t> words, int bits);

// kInvalidArgument unless 8 <= bits <= 32, n is within limits::kVectorLengthMax, and the bytes are
// exactly of that length with nothing in the last byte's unused bits.
absl::StatusOr<std::vector<std::uint32_t>> UnpackBits(std::string_view bytes, std::size_t n,
                                                      int bits);

}  // namespace essaim::secagg
