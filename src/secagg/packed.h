// Fixed point in few bits, for model updates: clipped, rounded to nearest, summed in a ring of
// 2^bits.
//
// Unlike Codec this loses precision by design; how much is known beforehand: each site's value
// moves by at most step() / 2. Elements are kept in 32-bit words, masked as such, and packed for
// the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::secagg {

struct PackedVector {
  int bits = 32;
  std::vector<std::uint32_t> words;  // canaries first; the bits above `bits` are of no meaning

  void Add(const PackedVector& other);  // same shape, or a programmer fault
  std::string Encode() const;
  // kInvalidArgument unless the bytes are exactly of that shape.
  static absl::StatusOr<PackedVector> Decode(std::string_view bytes, std::size_t n_words, int bits);
};

struct PackedOptions {
  double bound = 0;  // larger values are clipped to it
  int bits = 0;      // 8 to 32
  std::size_t n_sites = 0;
  std::size_t length = 0;
};

class PackedCodec {
 public:
  // kInvalidArgument for a bound that is not finite and positive, or for bits or a length out of
  // their limits; kFailedPrecondition if n_sites values do not fit the ring with a sign at all.
  static absl::StatusOr<PackedCodec> Plan(const PackedOptions& options);

  // kInvalidArgument unless x has `length` elements and all are finite.
  absl::StatusOr<PackedVector> Encode(std::span<const double> x) const;
  absl::StatusOr<PackedVector> Encode(std::span<const float> x) const;
  // The sum of n_sites vectors. kDataLoss if a canary or a magnitude says that it is not.
  absl::StatusOr<std::vector<double>> Decode(const PackedVector& sum, std::size_t n_sites) const;

  double step() const { return step_; }  // between neighbouring values

  std::size_t n_words() const { return n_canaries_ + options_.length; }

 private:
  template <typename T>
  absl::StatusOr<PackedVector> EncodeAny(std::span<const T> x) const;

  PackedOptions options_;
  std::size_t n_canaries_ = 0;  // as many as make 64 bits: one alone could fit by chance
  std::int32_t most_ = 0;       // of one site's element
  double step_ = 0;
};

}  // namespace essaim::secagg
