#include "secagg/packed.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "secagg/add_words.h"
#include "secagg/ring.h"

namespace essaim::secagg {
namespace {

constexpr int kCanaryBits = 64;

std::uint32_t LowMask(int bits) {
  return bits == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << bits) - 1;
}

// The low 32 bits of `word` as a number of `bits` bits with a sign.
std::int32_t WithSign(std::uint32_t word, int bits) {
  const int unused = 32 - bits;
  return static_cast<std::int32_t>(word << unused) >> unused;
}

// |q| < 2^31 rounded to the nearest whole number, ties to even, without a call: adding 1.5 * 2^52
// leaves the number in the low bits of the sum.
std::uint32_t Nearest(double q) {
  constexpr double kMagic = 6755399441055744.0;
  return static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(q + kMagic));
}

}  // namespace

void PackedVector::Add(const PackedVector& other) {
  ESSAIM_CHECK(bits == other.bits && words.size() == other.words.size());
  AddWords(words, other.words);
}

std::string PackedVector::Encode() const { return PackBits(words, bits); }

absl::StatusOr<PackedVector> PackedVector::Decode(std::string_view bytes, std::size_t n_words,
                                                  int bits) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::uint32_t> words, UnpackBits(bytes, n_words, bits));
  return PackedVector{.bits = bits, .words = std::move(words)};
}

absl::StatusOr<PackedCodec> PackedCodec::Plan(const PackedOptions& options) {
  if (!std::isfinite(options.bound) || options.bound <= 0)
    return absl::InvalidArgumentError("a packed vector needs a finite positive bound");
  if (options.bits < kPackedBitsMin || options.bits > kPackedBitsMax || options.n_sites < 1 ||
      options.n_sites > limits::kSitesMax || options.length > limits::kVectorLengthMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("a packed vector of %d elements of %d bits over %d sites", options.length,
                        options.bits, options.n_sites));
  }
  PackedCodec codec;
  codec.options_ = options;
  codec.n_canaries_ = static_cast<std::size_t>((kCanaryBits + options.bits - 1) / options.bits);
  // n_sites * most <= 2^(bits-1) - 1: the sum cannot wrap, whatever the sites send.
  const std::int64_t half = (std::int64_t{1} << (options.bits - 1)) - 1;
  codec.most_ = static_cast<std::int32_t>(half / static_cast<std::int64_t>(options.n_sites));
  if (codec.most_ < 1) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%d bits cannot hold a sum over %d sites", options.bits, options.n_sites));
  }
  codec.step_ = options.bound / codec.most_;
  return codec;
}

template <typename T>
absl::StatusOr<PackedVector> PackedCodec::EncodeAny(std::span<const T> x) const {
  if (x.size() != options_.length) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d numbers where %d were planned", x.size(), options_.length));
  }
  PackedVector v{.bits = options_.bits, .words = std::vector<std::uint32_t>(n_words(), 1)};
  std::uint32_t* const out = v.words.data() + n_canaries_;
  const double most = most_, per_step = most / options_.bound;
  double not_finite = 0;  // x - x is zero for a finite x, and no number for any other
  for (std::size_t i = 0; i < x.size(); ++i) {
    not_finite += static_cast<double>(x[i] - x[i]);
    out[i] = Nearest(std::min(std::max(static_cast<double>(x[i]) * per_step, -most), most));
  }
  if (not_finite != 0) return absl::InvalidArgumentError("a value that is not finite");
  return v;
}

absl::StatusOr<PackedVector> PackedCodec::Encode(std::span<const double> x) const {
  return EncodeAny(x);
}

absl::StatusOr<PackedVector> PackedCodec::Encode(std::span<const float> x) const {
  return EncodeAny(x);
}

absl::StatusOr<std::vector<double>> PackedCodec::Decode(const PackedVector& sum,
                                                        std::size_t n_sites) const {
  if (sum.words.size() != n_words() || sum.bits != options_.bits || n_sites > options_.n_sites)
    return absl::DataLossError("a sum of another shape");
  for (std::size_t i = 0; i < n_canaries_; ++i) {
    if ((sum.words[i] & LowMask(options_.bits)) != n_sites)
      return absl::DataLossError("the canary does not count the sites: the masks did not cancel");
  }
  const std::int64_t most = static_cast<std::int64_t>(most_) * static_cast<std::int64_t>(n_sites);
  std::vector<double> x(options_.length);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t q = WithSign(sum.words[n_canaries_ + i], options_.bits);
    if (q > most || q < -most)
      return absl::DataLossError("a sum above what its sites may have contributed");
    x[i] = static_cast<double>(q) * step_;
  }
  return x;
}

}  // namespace essaim::secagg
