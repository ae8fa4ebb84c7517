// Byte strings: hexadecimal, and a small canonical encoding with limits.
//
// The encoding is little-endian and length-prefixed, so equal values have equal bytes: what is
// hashed or signed is one sequence, never a choice.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

std::string ToHex(std::string_view bytes);
absl::StatusOr<std::string> FromHex(
    std::string_view hex);  // kInvalidArgument on odd length or a non-digit

// Appends values to a byte string.
class ByteWriter {
 public:
  void U8(std::uint8_t v);
  void U32(std::uint32_t v);
  void U64(std::uint64_t v);
  void F64(double v);  // the IEEE-754 bits; every NaN becomes the one quiet NaN
  void Bytes(std::string_view v);
  void F64s(std::span<const double> v);

  const std::string& bytes() const { return bytes_; }

  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote. Every method fails with kDataLoss when the input ends early, and the
// ones with a length fail with kInvalidArgument above `max` before anything is allocated.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<std::uint8_t> U8();
  absl::StatusOr<std::uint32_t> U32();
  absl::StatusOr<std::uint64_t> U64();
  absl::StatusOr<double> F64();
  absl::StatusOr<std::string> Bytes(std::size_t max);
  absl::StatusOr<std::vector<double>> F64s(std::size_t max);
  absl::Status End() const;  // kInvalidArgument if bytes are left over

 private:
  absl::StatusOr<std::string_view> Take(std::size_t n);
  std::string_view rest_;
};

}  // namespace essaim
