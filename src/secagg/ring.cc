#include "secagg/ring.h"

#include <bit>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/limits.h"

namespace essaim::secagg {
namespace {

static_assert(std::endian::native == std::endian::little);  // Pack stores whole words

constexpr std::uint64_t Low(int bits) { return (std::uint64_t{1} << bits) - 1; }

}  // namespace

std::size_t PackedBytes(std::size_t n, int bits) {
  return (n * static_cast<std::size_t>(bits) + 7) / 8;
}

std::string PackBits(std::span<const std::uint32_t> words, int bits) {
  ESSAIM_CHECK(bits >= kPackedBitsMin && bits <= kPackedBitsMax);
  std::string out(PackedBytes(words.size(), bits), '\0');
  if (bits == 32) {
    if (!words.empty()) std::memcpy(out.data(), words.data(), out.size());
    return out;
  }
  std::uint64_t held = 0;
  int n_held = 0;
  std::size_t at = 0;
  for (const std::uint32_t word : words) {
    held |= (word & Low(bits)) << n_held;
    n_held += bits;
    if (n_held >= 32) {
      const auto low = static_cast<std::uint32_t>(held);
      std::memcpy(out.data() + at, &low, sizeof low);
      at += sizeof low;
      held >>= 32;
      n_held -= 32;
    }
  }
  for (; n_held > 0; n_held -= 8, held >>= 8) out[at++] = static_cast<char>(held & 0xff);
  return out;
}

absl::StatusOr<std::vector<std::uint32_t>> UnpackBits(std::string_view bytes, std::size_t n,
                                                      int bits) {
  if (bits < kPackedBitsMin || bits > kPackedBitsMax || n > limits::kVectorLengthMax ||
      bytes.size() != PackedBytes(n, bits)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d bytes are not %d elements of %d bits", bytes.size(), n, bits));
  }
  std::vector<std::uint32_t> words(n);
  std::uint64_t held = 0;
  int n_held = 0;
  std::size_t at = 0;
  for (std::uint32_t& word : words) {
    while (n_held < bits) {
      held |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at++])) << n_held;
      n_held += 8;
    }
    word = static_cast<std::uint32_t>(held & Low(bits));
    held >>= bits;
    n_held -= bits;
  }
  if (held != 0) return absl::InvalidArgumentError("bits after the last element");
  return words;
}

}  // namespace essaim::secagg
