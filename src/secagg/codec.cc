#include "secagg/codec.h"

#include <cmath>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace essaim::secagg {
namespace {

using Int128 = __int128;

constexpr int kRealSumBits = 126;  // the sum's magnitude; two bits of headroom to 2^127
constexpr int kWholeSumBits = 62;
constexpr int kPersonBitsMin = 64;   // precision that one person's bound keeps
constexpr double kSlack = 1 + 1e-9;  // for the rounding of a site's own sum

Int128 ToFixed(double x, int scale_log2) {
  return static_cast<Int128>(std::nearbyint(std::ldexp(x, scale_log2)));
}

}  // namespace

void EncodedVector::Add(const EncodedVector& other) {
  ESSAIM_CHECK(whole.size() == other.whole.size() && real.size() == other.real.size());
  for (std::size_t i = 0; i < whole.size(); ++i) whole[i] += other.whole[i];
  for (std::size_t i = 0; i < real.size(); ++i) real[i] += other.real[i];
}

std::string EncodedVector::Encode() const {
  const std::size_t whole_bytes = whole.size() * sizeof(std::uint64_t);
  std::string out(whole_bytes + real.size() * sizeof(Uint128), '\0');
  if (!whole.empty()) std::memcpy(out.data(), whole.data(), whole_bytes);
  if (!real.empty())
    std::memcpy(out.data() + whole_bytes, real.data(), real.size() * sizeof(Uint128));
  return out;
}

absl::StatusOr<EncodedVector> EncodedVector::Decode(std::string_view bytes, std::size_t n_whole,
                                                    std::size_t n_real) {
  const std::size_t whole_bytes = n_whole * sizeof(std::uint64_t);
  if (bytes.size() != whole_bytes + n_real * sizeof(Uint128)) {
    return absl::InvalidArgumentError(absl::StrFormat("a masked vector of %d bytes; %d expected",
                                                      bytes.size(),
                                                      whole_bytes + n_real * sizeof(Uint128)));
  }
  EncodedVector v;
  v.whole.resize(n_whole);
  v.real.resize(n_real);
  if (n_whole > 0) std::memcpy(v.whole.data(), bytes.data(), whole_bytes);
  if (n_real > 0) std::memcpy(v.real.data(), bytes.data() + whole_bytes, n_real * sizeof(Uint128));
  return v;
}

absl::StatusOr<Codec> Codec::Plan(const Layout& layout, std::size_t n_sites,
                                  std::uint64_t persons_max) {
  if (layout.length() > limits::kVectorLengthMax) {
    return absl::InvalidArgumentError(absl::StrFormat("a statistic of %d numbers; at most %d",
                                                      layout.length(), limits::kVectorLengthMax));
  }
  Codec codec;
  codec.per_person_ = layout.additivity == Additivity::kPerPerson;
  const double contributions =
      static_cast<double>(n_sites) * (codec.per_person_ ? static_cast<double>(persons_max) : 1.0);
  for (const Block& block : layout.blocks) {
    if (!std::isfinite(block.bound) || block.bound <= 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("block %s has no finite positive bound", block.name));
    }
    const double total = contributions * block.bound * kSlack;
    Part part{.block = block.name, .length = block.length, .bound = block.bound};
    part.whole = block.integral && total < std::ldexp(1.0, kWholeSumBits);
    if (!part.whole) {
      part.scale_log2 = kRealSumBits - 1 - std::ilogb(total);  // total * 2^scale < 2^kRealSumBits
      if (!std::isfinite(total) || part.scale_log2 + std::ilogb(block.bound) < kPersonBitsMin) {
        return absl::FailedPreconditionError(absl::StrFormat(
            "block %s: the sum of %g contributions of up to %g could overflow the ring of 2^128",
            block.name, contributions, block.bound));
      }
    }
    (part.whole ? codec.n_whole_ : codec.n_real_) += block.length;
    codec.parts_.push_back(std::move(part));
  }
  return codec;
}

absl::StatusOr<EncodedVector> Codec::Encode(std::span<const double> x,
                                            std::uint64_t n_persons) const {
  EncodedVector v;
  v.whole.reserve(n_whole_);
  v.real.reserve(n_real_);
  v.whole.push_back(1);
  std::size_t at = 0;
  for (const Part& part : parts_) {
    const double most = part.bound * kSlack * (per_person_ ? static_cast<double>(n_persons) : 1.0);
    for (std::size_t i = 0; i < part.length; ++i, ++at) {
      ESSAIM_CHECK(at < x.size());
      if (!std::isfinite(x[at]) || std::fabs(x[at]) > most) {
        return absl::InvalidArgumentError(
            absl::StrFormat("block %s: a value that is not finite or above its bound", part.block));
      }
      if (part.whole) {
        if (x[at] != std::nearbyint(x[at])) {
          return absl::InvalidArgumentError(
              absl::StrFormat("block %s: a value that is not whole", part.block));
        }
        v.whole.push_back(static_cast<std::uint64_t>(static_cast<std::int64_t>(x[at])));
      } else {
        v.real.push_back(static_cast<Uint128>(ToFixed(x[at], part.scale_log2)));
      }
    }
  }
  ESSAIM_CHECK(at == x.size());
  return v;
}

absl::StatusOr<std::vector<double>> Codec::Decode(const EncodedVector& sum,
                                                  std::size_t n_sites) const {
  if (sum.whole.size() != n_whole_ || sum.real.size() != n_real_)
    return absl::DataLossError("a sum of another shape");
  if (sum.whole[0] != n_sites)
    return absl::DataLossError("the canary does not count the sites: the masks did not cancel");
  std::vector<double> x;
  std::size_t whole = 1, real = 0;
  for (const Part& part : parts_) {
    for (std::size_t i = 0; i < part.length; ++i) {
      if (part.whole) {
        x.push_back(static_cast<double>(static_cast<std::int64_t>(sum.whole[whole++])));
      } else {
        x.push_back(std::ldexp(static_cast<double>(static_cast<Int128>(sum.real[real++])),
                               -part.scale_log2));
      }
    }
  }
  return x;
}

}  // namespace essaim::secagg
