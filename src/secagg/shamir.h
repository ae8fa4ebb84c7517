// Shamir's t-of-n sharing of a 32-byte secret.
//
// The secret is cut into five limbs of 56 bits (the last of 32), each shared by its own polynomial
// over the prime field of 2^61 - 1. Arithmetic is on 128-bit products without tables or branches on
// secrets, so its time does not depend on them. Source: Shamir (1979), Communications of the ACM
// 22(11).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim::secagg {

inline constexpr std::size_t kSharedSecretBytes = 32;
inline constexpr std::size_t kLimbs = 5;
inline constexpr std::size_t kShareBytes = kLimbs * 8;

struct Share {
  std::uint32_t x = 0;  // the holder's point, 1-based; never 0
  std::array<std::uint64_t, kLimbs> y{};

  ~Share() { explicit_bzero(y.data(), sizeof y); }

  std::string Encode() const;  // kShareBytes; x is known from who holds it
  // kInvalidArgument unless it has kShareBytes and every limb is below 2^61 - 1.
  static absl::StatusOr<Share> Decode(std::uint32_t x, std::string_view bytes);
};

// n shares with x = 1..n. kInvalidArgument unless 1 <= threshold <= n and the secret has 32 bytes;
// a failure of `entropy` is passed on, never papered over: a coefficient of zeros would give the
// secret away.
absl::StatusOr<std::vector<Share>> Split(const SecretBytes& secret, std::size_t threshold,
                                         std::size_t n, Entropy& entropy);

// The secret of the first `threshold` shares. kInvalidArgument for too few shares or repeated
// points; kDataLoss if the shares are not of one secret of 32 bytes.
absl::StatusOr<SecretBytes> Combine(std::span<const Share> shares, std::size_t threshold);

struct Recovered {
  SecretBytes secret;
  std::vector<std::uint32_t> wrong;  // points whose share does not lie on the secret's polynomials
};

// The secret that `is_right` accepts (a published commitment), with the holders of wrong shares
// named. Finds it with up to (n - threshold) / 2 wrong shares whatever n is, and with up to
// n - threshold where there are at most 20,000 subsets to try. kDataLoss if it is not found.
absl::StatusOr<Recovered> CombineChecked(std::span<const Share> shares, std::size_t threshold,
                                         const std::function<bool(const SecretBytes&)>& is_right);

}  // namespace essaim::secagg
