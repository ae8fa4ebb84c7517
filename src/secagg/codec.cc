#include "secagg/codec.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "secagg/add_words.h"

namespace essaim::secagg {
namespace {

using Int128 = __int128;

constexpr int kRealSumBits = 126;  // the sum's magnitude; two bits of headroom to 2^127
constexpr int kWholeSumBits = 62;
constexpr int kPersonBitsMin = 64;   // precision that one person's bound keeps
constexpr double kSlack = 1 + 1e-9;  // for the rounding of a site's own sum

// Elements travel in memory order; a big-endian port must swap them.
static_assert(std::endian::native == std::endian::little);

absl::Status OutsideBound(const std::string& block) {
  return absl::InvalidArgumentError(
      absl::StrFormat("block %s: a value that is not finite or above its bound", block));
}

}  // namespace

void EncodedVector::Add(const EncodedVector& other) {
  ESSAIM_CHECK(whole.size() == other.whole.size() && real.size() == other.real.size());
  AddWords(whole, other.whole);
  AddWords(real, other.real);
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
  if (n_sites < 1 || n_sites > limits::kSitesMax || persons_max < 1 ||
      persons_max > limits::kPersonsMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("a sum of %d sites of at most %d persons: at most %d sites and %d persons",
                        n_sites, persons_max, limits::kSitesMax, limits::kPersonsMax));
  }
  Codec codec;
  codec.n_sites_ = n_sites;
  codec.persons_max_ = persons_max;
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
  if (codec.n_real_ > 0) ++codec.n_real_;  // the canary
  return codec;
}

double Codec::Most(const Part& part, double contributions) {
  return part.bound * contributions * kSlack;
}

absl::Status Codec::EncodeWhole(const Part& part, std::span<const double> x, double most,
                                std::uint64_t* out) const {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(std::fabs(x[i]) <= most)) return OutsideBound(part.block);
    const auto whole = static_cast<std::int64_t>(x[i]);
    if (static_cast<double>(whole) != x[i]) {
      return absl::InvalidArgumentError(
          absl::StrFormat("block %s: a value that is not whole", part.block));
    }
    out[i] = static_cast<std::uint64_t>(whole);
  }
  return absl::OkStatus();
}

absl::Status Codec::EncodeReal(const Part& part, std::span<const double> x, double most,
                               Uint128* out) const {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(std::fabs(x[i]) <= most)) return OutsideBound(part.block);  // also what is no number
    out[i] = static_cast<Uint128>(
        static_cast<Int128>(std::nearbyint(std::ldexp(x[i], part.scale_log2))));
  }
  return absl::OkStatus();
}

absl::StatusOr<EncodedVector> Codec::Encode(std::span<const double> x,
                                            std::uint64_t n_persons) const {
  std::size_t length = 0;
  for (const Part& part : parts_) length += part.length;
  if (x.size() != length || n_persons > persons_max_) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d numbers of %d persons where %d numbers of at most %d persons were planned", x.size(),
        n_persons, length, persons_max_));
  }
  EncodedVector v{.whole = std::vector<std::uint64_t>(n_whole_, 1),
                  .real = std::vector<Uint128>(n_real_, 1)};
  std::size_t at = 0, whole = 1, real = 1;
  for (const Part& part : parts_) {
    const std::span<const double> block = x.subspan(at, part.length);
    const double most = Most(part, per_person_ ? static_cast<double>(n_persons) : 1.0);
    if (part.whole) {
      ESSAIM_RETURN_IF_ERROR(EncodeWhole(part, block, most, v.whole.data() + whole));
    } else {
      ESSAIM_RETURN_IF_ERROR(EncodeReal(part, block, most, v.real.data() + real));
    }
    at += part.length;
    (part.whole ? whole : real) += part.length;
  }
  return v;
}

absl::StatusOr<std::vector<double>> Codec::Decode(const EncodedVector& sum,
                                                  std::size_t n_sites) const {
  if (sum.whole.size() != n_whole_ || sum.real.size() != n_real_ || n_sites > n_sites_)
    return absl::DataLossError("a sum of another shape");
  if (sum.whole[0] != n_sites || (n_real_ > 0 && sum.real[0] != n_sites))
    return absl::DataLossError("the canary does not count the sites: the masks did not cancel");
  const double contributions =
      static_cast<double>(n_sites) * (per_person_ ? static_cast<double>(persons_max_) : 1.0);
  std::vector<double> x;
  x.reserve(n_whole_ + n_real_);
  std::size_t whole = 1, real = 1;
  for (const Part& part : parts_) {
    const double most = Most(part, contributions) * kSlack;
    for (std::size_t i = 0; i < part.length; ++i) {
      // Conversions from integers round to the nearest double, ties to even.
      x.push_back(part.whole
                      ? static_cast<double>(static_cast<std::int64_t>(sum.whole[whole++]))
                      : std::ldexp(static_cast<double>(static_cast<Int128>(sum.real[real++])),
                                   -part.scale_log2));
      if (std::fabs(x.back()) > most) {
        return absl::DataLossError(absl::StrFormat(
            "block %s: a sum above what its sites may have contributed", part.block));
      }
    }
  }
  return x;
}

}  // namespace essaim::secagg
