#include "crypto/mask.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "base/check.h"
#include "crypto/mask_kernels.h"

namespace essaim::crypto {
namespace {

// Half of a common first-level cache; a multiple of every unrolled step of the kernels.
constexpr std::size_t kTileBytes = 16 * 1024;
constexpr std::size_t kBlockBytes = 16;

// The stream's bytes are read as words in memory order; a big-endian port must swap them.
static_assert(std::endian::native == std::endian::little);

template <typename T>
void Apply(std::span<T> v, std::span<const SignedMaskKey> keys, std::uint64_t first_block) {
  ApplyMasksWith(ActiveMaskKernel(), {reinterpret_cast<std::uint8_t*>(v.data()), v.size_bytes()},
                 sizeof(T), keys, first_block);
}

std::unique_ptr<internal::MaskCipher> MakeCipher(MaskKernel kernel, const SignedMaskKey& key) {
  return kernel == MaskKernel::kVaes ? internal::MakeVaes(key) : internal::MakePortable(key);
}

void CheckStream(std::uint64_t first_block, std::size_t n_bytes) {
  ESSAIM_CHECK(n_bytes <= kMaskStreamBytesMax);
  ESSAIM_CHECK(first_block <= (kMaskStreamBytesMax - n_bytes) / kBlockBytes);
}

}  // namespace

bool HasVaes() {
  static const bool has = internal::ProcessorHasVaes();
  return has;
}

MaskKernel ActiveMaskKernel() { return HasVaes() ? MaskKernel::kVaes : MaskKernel::kPortable; }

void ApplyMasksWith(MaskKernel kernel, std::span<std::uint8_t> bytes, std::size_t width,
                    std::span<const SignedMaskKey> keys, std::uint64_t first_block) {
  CheckStream(first_block, bytes.size());
  ESSAIM_CHECK((width == 4 || width == 8 || width == 16) && bytes.size() % width == 0);
  std::vector<std::unique_ptr<internal::MaskCipher>> ciphers;
  ciphers.reserve(keys.size());
  for (const SignedMaskKey& key : keys) ciphers.push_back(MakeCipher(kernel, key));
  for (std::size_t at = 0; at < bytes.size(); at += kTileBytes) {
    const std::size_t n = std::min(kTileBytes, bytes.size() - at);
    for (const auto& cipher : ciphers) {
      cipher->Apply(bytes.data() + at, n, width, first_block + at / kBlockBytes);
    }
  }
}

void StreamOnlyWith(MaskKernel kernel, const SignedMaskKey& key, std::span<std::uint8_t> out,
                    std::uint64_t first_block) {
  CheckStream(first_block, out.size());
  MakeCipher(kernel, key)->Generate(out.data(), out.size(), first_block);
}

void ApplyMasks(std::span<std::uint32_t> v, std::span<const SignedMaskKey> keys,
                std::uint64_t first_block) {
  Apply(v, keys, first_block);
}

void ApplyMasks(std::span<std::uint64_t> v, std::span<const SignedMaskKey> keys,
                std::uint64_t first_block) {
  Apply(v, keys, first_block);
}

void ApplyMasks(std::span<Uint128> v, std::span<const SignedMaskKey> keys,
                std::uint64_t first_block) {
  Apply(v, keys, first_block);
}

}  // namespace essaim::crypto
