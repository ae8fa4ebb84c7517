// The portable kernel: OpenSSL's AES-128-CTR into a tile, then the addition.

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/mask_kernels.h"

namespace essaim::crypto::internal {
namespace {

// One scratch for all the keys of a thread, so that a tile and its stream stay in the first-level
// cache however many keys there are.
constexpr std::size_t kChunkBytes = 8 * 1024;

struct Scratch {
  alignas(64) std::uint8_t stream[kChunkBytes];
  alignas(64) std::uint8_t zeros[kChunkBytes];

  ~Scratch() { OPENSSL_cleanse(stream, sizeof stream); }
};

Scratch& ThreadScratch() {
  static thread_local Scratch scratch{};  // zeros stay zeros: nothing writes to them
  return scratch;
}

// Sixteen bytes of words at a time: what every x86-64 and ARMv8 adds in one instruction.
template <typename T, bool kSubtract>
void AddWords(std::uint8_t* v, const std::uint8_t* stream, std::size_t n) {
  constexpr std::size_t kLanes = 16 / sizeof(T);
  typedef T Words __attribute__((vector_size(16)));
  std::size_t i = 0;
  if constexpr (kLanes > 1) {
    for (; i + 16 <= n; i += 16) {
      Words a, b;
      std::memcpy(&a, v + i, sizeof a);
      std::memcpy(&b, stream + i, sizeof b);
      a = kSubtract ? a - b : a + b;
      std::memcpy(v + i, &a, sizeof a);
    }
  }
  for (; i + sizeof(T) <= n; i += sizeof(T)) {
    T a, b;
    std::memcpy(&a, v + i, sizeof a);
    std::memcpy(&b, stream + i, sizeof b);
    a = kSubtract ? a - b : a + b;
    std::memcpy(v + i, &a, sizeof a);
  }
}

template <typename T>
void AddOrSubtract(std::uint8_t* v, const std::uint8_t* stream, std::size_t n, bool subtract) {
  return subtract ? AddWords<T, true>(v, stream, n) : AddWords<T, false>(v, stream, n);
}

class Portable final : public MaskCipher {
 public:
  explicit Portable(const SignedMaskKey& key)
      : context_(EVP_CIPHER_CTX_new()), subtract_(key.sign == MaskSign::kSubtract) {
    ESSAIM_CHECK(context_ != nullptr);
    const unsigned char zero[16] = {};
    ESSAIM_CHECK(EVP_EncryptInit_ex(context_, EVP_aes_128_ctr(), nullptr, key.key.data(), zero) ==
                 1);
  }

  ~Portable() override { EVP_CIPHER_CTX_free(context_); }  // wipes the key schedule

  void Apply(std::uint8_t* v, std::size_t n, std::size_t width,
             std::uint64_t first_block) override {
    Scratch& scratch = ThreadScratch();
    if (first_block != next_block_) Seek(first_block);
    next_block_ = first_block + n / 16;  // of no use after a part of a block, which is the last
    for (std::size_t at = 0; at < n; at += kChunkBytes) {
      const std::size_t chunk = std::min(kChunkBytes, n - at);
      int written = 0;
      ESSAIM_CHECK(EVP_EncryptUpdate(context_, scratch.stream, &written, scratch.zeros,
                                     static_cast<int>(chunk)) == 1);
      if (width == 4) AddOrSubtract<std::uint32_t>(v + at, scratch.stream, chunk, subtract_);
      if (width == 8) AddOrSubtract<std::uint64_t>(v + at, scratch.stream, chunk, subtract_);
      if (width == 16) AddOrSubtract<Uint128>(v + at, scratch.stream, chunk, subtract_);
    }
  }

  void Generate(std::uint8_t* out, std::size_t n, std::uint64_t first_block) override {
    const Scratch& scratch = ThreadScratch();
    if (first_block != next_block_) Seek(first_block);
    next_block_ = first_block + n / 16;
    for (std::size_t at = 0; at < n; at += kChunkBytes) {
      int written = 0;
      ESSAIM_CHECK(EVP_EncryptUpdate(context_, out + at, &written, scratch.zeros,
                                     static_cast<int>(std::min(kChunkBytes, n - at))) == 1);
    }
  }

 private:
  void Seek(std::uint64_t block) {
    unsigned char counter[16] = {};
    for (int i = 0; i < 8; ++i) counter[15 - i] = static_cast<unsigned char>(block >> (8 * i));
    ESSAIM_CHECK(EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, counter) == 1);
  }

  EVP_CIPHER_CTX* context_;
  bool subtract_;
  std::uint64_t next_block_ = 0;
};

}  // namespace

std::unique_ptr<MaskCipher> MakePortable(const SignedMaskKey& key) {
  return std::make_unique<Portable>(key);
}

}  // namespace essaim::crypto::internal
