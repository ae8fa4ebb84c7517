// The portable kernel: OpenSSL's AES-128-CTR into a tile, then the addition.

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>
#include <vector>

#include "base/check.h"
#include "crypto/mask_kernels.h"

namespace essaim::crypto::internal {
namespace {

template <typename T>
void AddWords(std::uint8_t* v, const std::uint8_t* stream, std::size_t n, bool subtract) {
  for (std::size_t i = 0; i + sizeof(T) <= n; i += sizeof(T)) {
    T a, b;
    std::memcpy(&a, v + i, sizeof a);
    std::memcpy(&b, stream + i, sizeof b);
    a = subtract ? a - b : a + b;
    std::memcpy(v + i, &a, sizeof a);
  }
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

  ~Portable() override {
    EVP_CIPHER_CTX_free(context_);
    OPENSSL_cleanse(stream_.data(), stream_.size());
  }

  void Apply(std::uint8_t* v, std::size_t n, std::size_t width,
             std::uint64_t first_block) override {
    if (stream_.size() < n) {
      stream_.resize(n);
      zeros_.assign(n, 0);
    }
    if (first_block != next_block_) Seek(first_block);
    int written = 0;
    ESSAIM_CHECK(EVP_EncryptUpdate(context_, stream_.data(), &written, zeros_.data(),
                                   static_cast<int>(n)) == 1);
    next_block_ = first_block + n / 16;
    if (width == 4) AddWords<std::uint32_t>(v, stream_.data(), n, subtract_);
    if (width == 8) AddWords<std::uint64_t>(v, stream_.data(), n, subtract_);
    if (width == 16) AddWords<Uint128>(v, stream_.data(), n, subtract_);
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
  std::vector<std::uint8_t> stream_, zeros_;
};

}  // namespace

std::unique_ptr<MaskCipher> MakePortable(const SignedMaskKey& key) {
  return std::make_unique<Portable>(key);
}

}  // namespace essaim::crypto::internal
