// From a statistic of doubles to elements of rings and back: fixed point, proved not to overflow.
//
// Blocks of whole numbers live in the ring of 2^64 unscaled; real blocks in the ring of 2^128,
// scaled by the largest power of two for which the sum over every site of every person's bound
// stays below 2^126. So addition is exact and has no order, and one person's bound keeps at least
// 64 bits. A canary, one in front of the whole numbers and one in front of the reals, is added by
// each site: a decoded sum whose canaries are not the number of sites is refused, and so is one
// with an element above what its sites may have contributed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/layout.h"
#include "crypto/mask.h"

namespace essaim::secagg {

using crypto::Uint128;

// A vector of ring elements: whole numbers (the canary first) and reals.
struct EncodedVector {
  std::vector<std::uint64_t> whole;
  std::vector<Uint128> real;

  void Add(const EncodedVector& other);  // same shape
  std::string Encode() const;
  // kInvalidArgument unless the bytes are exactly of that shape.
  static absl::StatusOr<EncodedVector> Decode(std::string_view bytes, std::size_t n_whole,
                                              std::size_t n_real);
  bool operator==(const EncodedVector&) const = default;
};

class Codec {
 public:
  // kFailedPrecondition, naming the block, if a sum over n_sites of persons_max persons each could
  // overflow; kInvalidArgument for a bound that is not finite and positive, or a vector above the
  // length limit.
  static absl::StatusOr<Codec> Plan(const Layout& layout, std::size_t n_sites,
                                    std::uint64_t persons_max);

  // kInvalidArgument unless x has layout.length() elements and n_persons is at most persons_max,
  // and, naming the block, for what is not finite, not whole in a block of whole numbers, or above
  // what `n_persons` may contribute.
  absl::StatusOr<EncodedVector> Encode(std::span<const double> x, std::uint64_t n_persons) const;
  // The sum of n_sites vectors, each element the double nearest to it. kDataLoss if a canary or a
  // magnitude says that it is no such sum.
  absl::StatusOr<std::vector<double>> Decode(const EncodedVector& sum, std::size_t n_sites) const;

  std::size_t n_whole() const { return n_whole_; }  // with the canary

  std::size_t n_real() const { return n_real_; }  // with its canary; 0 without real blocks

 private:
  struct Part {
    std::string block;
    std::size_t length = 0;
    double bound = 0;
    bool whole = false;
    int scale_log2 = 0;
  };

  // The magnitude of one element of a sum over `contributions` persons (or nodes).
  static double Most(const Part& part, double contributions);
  absl::Status EncodeWhole(const Part& part, std::span<const double> x, double most,
                           std::uint64_t* out) const;
  absl::Status EncodeReal(const Part& part, std::span<const double> x, double most,
                          Uint128* out) const;

  bool per_person_ = true;
  std::size_t n_sites_ = 0;
  std::uint64_t persons_max_ = 0;
  std::vector<Part> parts_;
  std::size_t n_whole_ = 1;
  std::size_t n_real_ = 0;
};

}  // namespace essaim::secagg
