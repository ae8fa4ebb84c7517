#include "crypto/mask.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/check.h"
#include "crypto/mask_kernels.h"

namespace essaim::crypto {
namespace {

// Half of a common first-level cache; a multiple of every unrolled step of the kernels.
constexpr std::size_t kTileBytes = 16 * 1024;

template <typename T>
void Apply(std::span<T> v, std::span<const SignedMaskKey> keys) {
  ApplyMasksWith(ActiveMaskKernel(), {reinterpret_cast<std::uint8_t*>(v.data()), v.size_bytes()},
                 sizeof(T), keys);
}

}  // namespace

bool HasVaes() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512dq");
  return has;
}

MaskKernel ActiveMaskKernel() { return HasVaes() ? MaskKernel::kVaes : MaskKernel::kPortable; }

void ApplyMasksWith(MaskKernel kernel, std::span<std::uint8_t> bytes, std::size_t width,
                    std::span<const SignedMaskKey> keys) {
  ESSAIM_CHECK(bytes.size() <= kMaskStreamBytesMax);
  ESSAIM_CHECK(width == 4 || width == 8 || width == 16);
  std::vector<std::unique_ptr<internal::MaskCipher>> ciphers;
  ciphers.reserve(keys.size());
  for (const SignedMaskKey& key : keys) {
    ciphers.push_back(kernel == MaskKernel::kVaes ? internal::MakeVaes(key)
                                                  : internal::MakePortable(key));
  }
  for (std::size_t at = 0; at < bytes.size(); at += kTileBytes) {
    const std::size_t n = std::min(kTileBytes, bytes.size() - at);
    for (const auto& cipher : ciphers) cipher->Apply(bytes.data() + at, n, width, at / 16);
  }
}

void ApplyMasks(std::span<std::uint32_t> v, std::span<const SignedMaskKey> keys) { Apply(v, keys); }

void ApplyMasks(std::span<std::uint64_t> v, std::span<const SignedMaskKey> keys) { Apply(v, keys); }

void ApplyMasks(std::span<Uint128> v, std::span<const SignedMaskKey> keys) { Apply(v, keys); }

}  // namespace essaim::crypto
