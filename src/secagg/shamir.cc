#include "secagg/shamir.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "base/status_macros.h"
#include "secagg/decode.h"
#include "secagg/field.h"

namespace essaim::secagg {
namespace {

constexpr std::uint64_t kPrime = kFieldPrime;
constexpr int kLimbBits = 56;
constexpr std::size_t kSubsetsMax = 20'000;

using Limbs = std::array<std::uint64_t, kLimbs>;

Limbs LimbsOf(const SecretBytes& secret) {
  Limbs limbs{};
  for (std::size_t i = 0; i < kSharedSecretBytes; ++i) {
    limbs[i / 7] |= static_cast<std::uint64_t>(secret.data()[i]) << (8 * (i % 7));
  }
  return limbs;
}

absl::StatusOr<SecretBytes> SecretOf(const Limbs& limbs) {
  for (std::size_t l = 0; l < kLimbs; ++l) {
    const int bits = l + 1 < kLimbs ? kLimbBits : 32;
    if ((limbs[l] >> bits) != 0) return absl::DataLossError("the shares are not of one secret");
  }
  SecretBytes secret(kSharedSecretBytes);
  for (std::size_t i = 0; i < kSharedSecretBytes; ++i) {
    secret.data()[i] = static_cast<std::uint8_t>(limbs[i / 7] >> (8 * (i % 7)));
  }
  return secret;
}

absl::StatusOr<std::uint64_t> RandomElement(Entropy& entropy) {
  for (int attempt = 0; attempt < 64; ++attempt) {
    std::array<std::uint8_t, 8> raw;
    ESSAIM_RETURN_IF_ERROR(entropy.Fill(raw));
    std::uint64_t v;
    std::memcpy(&v, raw.data(), sizeof v);
    v >>= 3;  // 61 bits: rejected once in 2^61
    if (v < kPrime) return v;
  }
  return absl::UnavailableError("the randomness repeats itself");
}

// The value at `x` of the polynomials through `shares` (Lagrange).
Limbs ValueAt(std::span<const Share> shares, std::uint64_t x) {
  Limbs sum{};
  for (const Share& share : shares) {
    std::uint64_t top = 1, bottom = 1;
    for (const Share& other : shares) {
      if (other.x == share.x) continue;
      top = MulMod(top, SubMod(x, other.x));
      bottom = MulMod(bottom, SubMod(share.x, other.x));
    }
    const std::uint64_t weight = MulMod(top, InverseMod(bottom));
    for (std::size_t l = 0; l < kLimbs; ++l) sum[l] = AddMod(sum[l], MulMod(weight, share.y[l]));
  }
  return sum;
}

absl::Status CheckPoints(std::span<const Share> shares, std::size_t threshold) {
  if (threshold < 1 || shares.size() < threshold)
    return absl::InvalidArgumentError("too few shares");
  std::vector<std::uint32_t> points;
  for (const Share& share : shares) points.push_back(share.x);
  std::ranges::sort(points);
  if (points.front() == 0 || std::ranges::adjacent_find(points) != points.end()) {
    return absl::InvalidArgumentError("repeated or zero points among the shares");
  }
  return absl::OkStatus();
}

// The secret of exactly these shares, if the commitment accepts it.
std::optional<SecretBytes> SecretThrough(std::span<const Share> shares,
                                         const std::function<bool(const SecretBytes&)>& is_right) {
  absl::StatusOr<SecretBytes> secret = SecretOf(ValueAt(shares, 0));
  if (!secret.ok() || !is_right(*secret)) return std::nullopt;
  return *std::move(secret);
}

// The points of the shares that do not lie on the polynomials through `right`.
std::vector<std::uint32_t> NotThrough(std::span<const Share> right, std::span<const Share> shares) {
  std::vector<std::uint32_t> wrong;
  for (const Share& share : shares) {
    if (ValueAt(right, share.x) != share.y) wrong.push_back(share.x);
  }
  return wrong;
}

// `threshold` shares on the polynomials that disagree with at most half of the spare ones.
std::optional<std::vector<Share>> DecodedShares(std::span<const Share> shares,
                                                std::size_t threshold) {
  std::vector<std::uint64_t> xs, ys(shares.size());
  for (const Share& share : shares) xs.push_back(share.x);
  std::vector<Share> right(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(threshold));
  for (std::size_t l = 0; l < kLimbs; ++l) {
    for (std::size_t i = 0; i < shares.size(); ++i) ys[i] = shares[i].y[l];
    const auto coefficients = DecodePolynomial(xs, ys, threshold);
    if (!coefficients) return std::nullopt;
    for (Share& share : right) share.y[l] = EvaluateAt(*coefficients, share.x);
  }
  return right;
}

}  // namespace

std::string Share::Encode() const {
  ByteWriter w;
  for (const std::uint64_t limb : y) w.U64(limb);
  return w.Take();
}

absl::StatusOr<Share> Share::Decode(std::uint32_t x, std::string_view bytes) {
  if (bytes.size() != kShareBytes) return absl::InvalidArgumentError("a share of the wrong length");
  Share share{.x = x, .y = {}};
  ByteReader r(bytes);
  for (std::uint64_t& limb : share.y) {
    ESSAIM_ASSIGN_OR_RETURN(limb, r.U64());
    if (limb >= kPrime) return absl::InvalidArgumentError("a share outside the field");
  }
  return share;
}

absl::StatusOr<std::vector<Share>> Split(const SecretBytes& secret, std::size_t threshold,
                                         std::size_t n, Entropy& entropy) {
  if (secret.size() != kSharedSecretBytes)
    return absl::InvalidArgumentError("a shared secret has 32 bytes");
  if (threshold < 1 || threshold > n)
    return absl::InvalidArgumentError("a threshold between 1 and n is needed");
  std::vector<Limbs> coefficients{LimbsOf(secret)};
  for (std::size_t k = 1; k < threshold; ++k) {
    Limbs c;
    for (std::uint64_t& limb : c) {
      ESSAIM_ASSIGN_OR_RETURN(limb, RandomElement(entropy));
    }
    coefficients.push_back(c);
  }
  std::vector<Share> shares(n);
  for (std::size_t i = 0; i < n; ++i) {
    shares[i].x = static_cast<std::uint32_t>(i + 1);
    for (std::size_t l = 0; l < kLimbs; ++l) {
      std::uint64_t v = 0;
      for (std::size_t k = threshold; k-- > 0;)
        v = AddMod(MulMod(v, shares[i].x), coefficients[k][l]);
      shares[i].y[l] = v;
    }
  }
  for (Limbs& c : coefficients) explicit_bzero(c.data(), sizeof c);
  return shares;
}

absl::StatusOr<SecretBytes> Combine(std::span<const Share> shares, std::size_t threshold) {
  ESSAIM_RETURN_IF_ERROR(CheckPoints(shares, threshold));
  return SecretOf(ValueAt(shares.first(threshold), 0));
}

absl::StatusOr<Recovered> CombineChecked(std::span<const Share> shares, std::size_t threshold,
                                         const std::function<bool(const SecretBytes&)>& is_right) {
  ESSAIM_RETURN_IF_ERROR(CheckPoints(shares, threshold));
  // The honest case first, then the decoder, which finds up to half of the spare shares wrong
  // whatever n is, then every subset: with a commitment to check against, even a single right
  // subset is enough, as long as there are few enough to try.
  const std::span<const Share> first = shares.first(threshold);
  if (auto secret = SecretThrough(first, is_right)) {
    return Recovered{.secret = *std::move(secret), .wrong = NotThrough(first, shares)};
  }
  if (auto right = DecodedShares(shares, threshold)) {
    if (auto secret = SecretThrough(*right, is_right)) {
      return Recovered{.secret = *std::move(secret), .wrong = NotThrough(*right, shares)};
    }
  }
  std::vector<bool> in(shares.size(), false);
  std::fill_n(in.begin(), threshold, true);
  for (std::size_t tried = 0; tried < kSubsetsMax; ++tried) {
    if (!std::prev_permutation(in.begin(), in.end())) break;
    std::vector<Share> subset;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (in[i]) subset.push_back(shares[i]);
    }
    if (auto secret = SecretThrough(subset, is_right)) {
      return Recovered{.secret = *std::move(secret), .wrong = NotThrough(subset, shares)};
    }
  }
  return absl::DataLossError("no set of shares gives the committed secret");
}

}  // namespace essaim::secagg
