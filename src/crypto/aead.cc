#include "crypto/aead.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/check.h"
#include "base/status_macros.h"

namespace essaim::crypto {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kPlaintextMax = std::size_t{1} << 30;  // EVP's lengths are int
using Nonce = std::array<std::uint8_t, kNonceBytes>;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};

using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

std::string Encrypt(const SecretBytes& key, const Nonce& nonce, std::string_view plaintext,
                    std::string_view associated) {
  ESSAIM_CHECK(key.size() == kAeadKeyBytes && plaintext.size() <= kPlaintextMax);
  const Context context(EVP_CIPHER_CTX_new());
  ESSAIM_CHECK(context != nullptr);
  std::string out(plaintext.size() + kTagBytes, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  int n = 0;
  bool good =
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1;
  good = good && EVP_EncryptUpdate(context.get(), nullptr, &n, Raw(associated),
                                   static_cast<int>(associated.size())) == 1;
  good = good && EVP_EncryptUpdate(context.get(), bytes, &n, Raw(plaintext),
                                   static_cast<int>(plaintext.size())) == 1;
  good = good && EVP_EncryptFinal_ex(context.get(), bytes + plaintext.size(), &n) == 1;
  good = good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                     bytes + plaintext.size()) == 1;
  ESSAIM_CHECK(good);
  return out;
}

absl::StatusOr<SecretBytes> Decrypt(const SecretBytes& key, const Nonce& nonce,
                                    std::string_view sealed, std::string_view associated) {
  if (key.size() != kAeadKeyBytes) return absl::InvalidArgumentError("a sealing key has 32 bytes");
  if (sealed.size() < kTagBytes || sealed.size() > kPlaintextMax)
    return absl::DataLossError("not a sealed message");
  const std::size_t n_plain = sealed.size() - kTagBytes;
  if (associated.size() > kPlaintextMax) return absl::DataLossError("not a sealed message");
  const Context context(EVP_CIPHER_CTX_new());
  ESSAIM_CHECK(context != nullptr);
  SecretBytes out(n_plain);
  std::string tag(sealed.substr(n_plain));
  int n = 0;
  bool good =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1;
  good = good && EVP_DecryptUpdate(context.get(), nullptr, &n, Raw(associated),
                                   static_cast<int>(associated.size())) == 1;
  good = good && EVP_DecryptUpdate(context.get(), out.data(), &n, Raw(sealed),
                                   static_cast<int>(n_plain)) == 1;
  good =
      good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1;
  unsigned char none[kTagBytes];
  good = good && EVP_DecryptFinal_ex(context.get(), none, &n) == 1;
  if (!good) return absl::DataLossError("a sealed message that does not open");
  return out;
}

}  // namespace

std::string SealOnce(const SecretBytes& key, std::string_view plaintext,
                     std::string_view associated) {
  return Encrypt(key, Nonce{}, plaintext, associated);
}

absl::StatusOr<SecretBytes> OpenOnce(const SecretBytes& key, std::string_view sealed,
                                     std::string_view associated) {
  return Decrypt(key, Nonce{}, sealed, associated);
}

absl::StatusOr<std::string> Seal(const SecretBytes& key, std::string_view plaintext,
                                 std::string_view associated, Entropy& entropy) {
  if (key.size() != kAeadKeyBytes) return absl::InvalidArgumentError("a sealing key has 32 bytes");
  if (plaintext.size() > kPlaintextMax) return absl::InvalidArgumentError("too long to seal");
  Nonce nonce;
  ESSAIM_RETURN_IF_ERROR(entropy.Fill(nonce));
  std::string out(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  out += Encrypt(key, nonce, plaintext, associated);
  return out;
}

absl::StatusOr<SecretBytes> Open(const SecretBytes& key, std::string_view sealed,
                                 std::string_view associated) {
  if (sealed.size() < kNonceBytes) return absl::DataLossError("not a sealed message");
  Nonce nonce;
  std::copy_n(Raw(sealed), kNonceBytes, nonce.begin());
  return Decrypt(key, nonce, sealed.substr(kNonceBytes), associated);
}

}  // namespace essaim::crypto
