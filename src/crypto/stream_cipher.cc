#include "crypto/stream_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>

namespace essaim::crypto {
namespace {

using Mode = StreamCipher::Mode;
using Direction = StreamCipher::Direction;

constexpr std::size_t kPieceBytesMax = std::size_t{1} << 30;  // EVP counts in int

const EVP_CIPHER* CipherFor(Mode mode, std::size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return mode == Mode::kGcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    case 24:
      return mode == Mode::kGcm ? EVP_aes_192_gcm() : EVP_aes_192_ctr();
    case 32:
      return mode == Mode::kGcm ? EVP_aes_256_gcm() : EVP_aes_256_ctr();
    default:
      return nullptr;
  }
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

class EvpCipher final : public StreamCipher {
 public:
  EvpCipher(Context context, Mode mode, Direction direction)
      : context_(std::move(context)), mode_(mode), direction_(direction) {}

  absl::Status Update(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (out.size() < in.size()) return absl::InvalidArgumentError("output is shorter than input");
    for (std::size_t at = 0; at < in.size();) {
      const std::size_t n = std::min(in.size() - at, kPieceBytesMax);
      int written = 0;
      if (EVP_CipherUpdate(context_.get(), out.data() + at, &written, in.data() + at,
                           static_cast<int>(n)) != 1 ||
          written != static_cast<int>(n)) {
        return absl::InternalError("the cipher failed");
      }
      at += n;
    }
    return absl::OkStatus();
  }

  absl::Status Finish(std::span<std::uint8_t> tag) override {
    if (mode_ == Mode::kCtr) return absl::OkStatus();
    if (tag.size() < 12 || tag.size() > 16) {
      return absl::InvalidArgumentError("a tag has 12 to 16 bytes");
    }
    const bool decrypting = direction_ == Direction::kDecrypt;
    if (decrypting && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG,
                                          static_cast<int>(tag.size()), tag.data()) != 1) {
      return absl::InternalError("the cipher refused the tag");
    }
    std::array<std::uint8_t, 16> rest{};
    int written = 0;
    if (EVP_CipherFinal_ex(context_.get(), rest.data(), &written) != 1) {
      return absl::DataLossError("the tag does not fit: wrong key or altered data");
    }
    if (!decrypting && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG,
                                           static_cast<int>(tag.size()), tag.data()) != 1) {
      return absl::InternalError("the cipher gave no tag");
    }
    return absl::OkStatus();
  }

 private:
  Context context_;
  Mode mode_;
  Direction direction_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StreamCipher>> StreamCipher::Start(
    Mode mode, Direction direction, std::span<const std::uint8_t> key,
    std::span<const std::uint8_t> iv, std::span<const std::uint8_t> aad) {
  const EVP_CIPHER* cipher = CipherFor(mode, key.size());
  if (cipher == nullptr) return absl::InvalidArgumentError("a key has 16, 24 or 32 bytes");
  if (iv.empty() || iv.size() > 16) return absl::InvalidArgumentError("an IV has 1 to 16 bytes");
  if (aad.size() > kPieceBytesMax) return absl::InvalidArgumentError("too much associated data");
  Context context(EVP_CIPHER_CTX_new());
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a cipher");
  const int encrypt = direction == Direction::kEncrypt ? 1 : 0;
  std::array<std::uint8_t, 16> counter{};  // CTR wants a whole block: the IV, then zeros
  std::copy(iv.begin(), iv.end(), counter.begin());
  bool ok = EVP_CipherInit_ex(context.get(), cipher, nullptr, nullptr, nullptr, encrypt) == 1;
  if (mode == Mode::kGcm) {
    ok = ok && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN,
                                   static_cast<int>(iv.size()), nullptr) == 1;
  }
  ok = ok &&
       EVP_CipherInit_ex(context.get(), nullptr, nullptr, key.data(), counter.data(), encrypt) == 1;
  int written = 0;
  if (mode == Mode::kGcm && !aad.empty()) {
    ok = ok && EVP_CipherUpdate(context.get(), nullptr, &written, aad.data(),
                                static_cast<int>(aad.size())) == 1;
  }
  if (!ok) return absl::InternalError("the cipher cannot be started");
  return std::make_unique<EvpCipher>(std::move(context), mode, direction);
}

}  // namespace essaim::crypto
