// The midstate of a key is copied for each message, for which OpenSSL has no other way than the
// state's own type, which version 3 keeps and calls deprecated: a copy of its EVP context allocates
// and costs more than the hashing.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace essaim::crypto {

struct Sha256Hasher::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256Hasher::Sha256Hasher() : impl_(std::make_unique<Impl>()) {
  ESSAIM_CHECK(impl_->context != nullptr);
  ESSAIM_CHECK(EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) == 1);
}

Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::Update(std::string_view bytes) {
  ESSAIM_CHECK(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256Hasher::Finish() {
  std::string out(kHashBytes, '\0');
  unsigned int n = 0;
  ESSAIM_CHECK(
      EVP_DigestFinal_ex(impl_->context, reinterpret_cast<unsigned char*>(out.data()), &n) == 1);
  return out;
}

std::string Sha256(std::string_view bytes) {
  Sha256Hasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

std::string HashOf(std::string_view domain, std::initializer_list<std::string_view> parts) {
  Sha256Hasher hasher;
  ByteWriter head;
  head.Bytes(domain);
  hasher.Update(head.bytes());
  for (const std::string_view part : parts) {
    ByteWriter length;
    length.U64(part.size());
    hasher.Update(length.bytes());
    hasher.Update(part);
  }
  return hasher.Finish();
}

std::string HmacSha256(std::span<const std::uint8_t> key, std::string_view message) {
  std::string out(kHashBytes, '\0');
  unsigned int n = 0;
  ESSAIM_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                    reinterpret_cast<unsigned char*>(out.data()), &n) != nullptr);
  return out;
}

struct HmacSha256Key::State {
  SHA256_CTX inner, outer;  // having taken the key's blocks

  ~State() { OPENSSL_cleanse(this, sizeof *this); }
};

HmacSha256Key::HmacSha256Key(std::span<const std::uint8_t> key)
    : state_(std::make_unique<State>()) {
  SecretBytes block(SHA256_CBLOCK);
  std::fill_n(block.data(), block.size(), std::uint8_t{0});
  if (key.size() > block.size()) {
    ESSAIM_CHECK(SHA256(key.data(), key.size(), block.data()) != nullptr);
  } else {
    std::copy(key.begin(), key.end(), block.data());
  }
  const auto begin = [&](SHA256_CTX& state, std::uint8_t pad) {
    for (std::size_t i = 0; i < block.size(); ++i) block.data()[i] ^= pad;
    ESSAIM_CHECK(SHA256_Init(&state) == 1);
    ESSAIM_CHECK(SHA256_Update(&state, block.data(), block.size()) == 1);
    for (std::size_t i = 0; i < block.size(); ++i) block.data()[i] ^= pad;
  };
  begin(state_->inner, 0x36);  // RFC 2104, section 2
  begin(state_->outer, 0x5c);
}

HmacSha256Key::~HmacSha256Key() = default;
HmacSha256Key::HmacSha256Key(HmacSha256Key&&) noexcept = default;
HmacSha256Key& HmacSha256Key::operator=(HmacSha256Key&&) noexcept = default;

std::array<std::uint8_t, kHashBytes> HmacSha256Key::Tag(std::string_view message) const {
  std::array<std::uint8_t, kHashBytes> tag;
  SHA256_CTX state = state_->inner;
  SHA256_Update(&state, message.data(), message.size());
  SHA256_Final(tag.data(), &state);
  state = state_->outer;
  SHA256_Update(&state, tag.data(), tag.size());
  SHA256_Final(tag.data(), &state);
  return tag;
}

SecretBytes Hkdf(std::span<const std::uint8_t> key, std::string_view salt, std::string_view info,
                 std::size_t n) {
  ESSAIM_CHECK(n > 0 && n <= 255 * kHashBytes);
  static EVP_KDF* const kdf =
      EVP_KDF_fetch(nullptr, "HKDF", nullptr);  // lives as long as the process
  ESSAIM_CHECK(kdf != nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  ESSAIM_CHECK(context != nullptr);
  char digest[] = "SHA256";
  // OSSL_PARAM takes pointers to mutable bytes, and reads them only.
  std::string salt_copy(salt), info_copy(info);
  SecretBytes key_copy =
      SecretBytes::CopyOf({reinterpret_cast<const char*>(key.data()), key.size()});
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key_copy.data(), key_copy.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy.data(), salt_copy.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info_copy.data(), info_copy.size()),
      OSSL_PARAM_construct_end()};
  SecretBytes out(n);
  const int done = EVP_KDF_derive(context, out.data(), out.size(), params);
  EVP_KDF_CTX_free(context);
  ESSAIM_CHECK(done == 1);
  return out;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace essaim::crypto
