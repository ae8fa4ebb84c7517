// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF-SHA-256 (RFC 5869).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/secret_bytes.h"

namespace essaim::crypto {

inline constexpr std::size_t kHashBytes = 32;

std::string Sha256(std::string_view bytes);  // 32 bytes

// SHA-256 of a domain and parts, each length-prefixed: no two lists of parts have the same input.
std::string HashOf(std::string_view domain, std::initializer_list<std::string_view> parts);

// In pieces. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  void Update(std::string_view bytes);
  std::string Finish();  // 32 bytes; call once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// HMAC-SHA-256 (RFC 2104): 32 bytes.
std::string HmacSha256(std::span<const std::uint8_t> key, std::string_view message);

// The same under one key for many short messages: the key's own blocks are hashed once.
// Threads: const methods may run concurrently.
class HmacSha256Key {
 public:
  explicit HmacSha256Key(std::span<const std::uint8_t> key);
  ~HmacSha256Key();
  HmacSha256Key(HmacSha256Key&&) noexcept;
  HmacSha256Key& operator=(HmacSha256Key&&) noexcept;

  std::array<std::uint8_t, kHashBytes> Tag(std::string_view message) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// n bytes, at most 8,160.
SecretBytes Hkdf(std::span<const std::uint8_t> key, std::string_view salt, std::string_view info,
                 std::size_t n);

// Equal in a time that does not depend on where the difference is.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

}  // namespace essaim::crypto
