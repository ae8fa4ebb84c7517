// Which of 64 bytes are what: bit i of a mask is byte i. For scanning text in one pass.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace essaim {

// Borrows nothing: the bytes are read once.
class ByteBlock {
 public:
  static constexpr std::size_t kBytes = 64;

#ifdef __SSE2__
  explicit ByteBlock(const char* bytes) {
    for (int i = 0; i < 4; ++i)
      parts_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
  }

  std::uint64_t Equal(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    return Mask([&](const __m128i& part) { return _mm_cmpeq_epi8(part, wanted); });
  }

  // Not ASCII.
  std::uint64_t High() const {
    return Mask([](const __m128i& part) { return part; });
  }

 private:
  template <typename F>
  std::uint64_t Mask(F of) const {
    std::uint64_t mask = 0;
    for (int i = 3; i >= 0; --i)
      mask = mask << 16 | static_cast<std::uint16_t>(_mm_movemask_epi8(of(parts_[i])));
    return mask;
  }

  __m128i parts_[4];
#else
  explicit ByteBlock(const char* bytes) {
    for (std::size_t i = 0; i < kBytes; ++i) bytes_[i] = bytes[i];
  }

  std::uint64_t Equal(char c) const {
    return Mask([c](char byte) { return byte == c; });
  }

  // Not ASCII.
  std::uint64_t High() const {
    return Mask([](char byte) { return (static_cast<unsigned char>(byte) & 0x80) != 0; });
  }

 private:
  template <typename F>
  std::uint64_t Mask(F is) const {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kBytes; ++i) mask |= std::uint64_t{is(bytes_[i])} << i;
    return mask;
  }

  char bytes_[kBytes];
#endif
};

}  // namespace essaim
