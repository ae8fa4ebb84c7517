// One change of a sequence has many spellings; here are the two that others agree on.
//
// VCF's: as far left as it goes, with as few bases as can be (Tan, Abecasis and Kang 2015,
// Bioinformatics 31:2202-2204). HGVS's: as far to the 3' end as it goes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace essaim::genomics {

// Alleles of capital letters A, C, G, T and N; `position`, from 1, is of the first base of both.
struct Spelling {
  std::int64_t position = 0;
  std::string reference, alternate;
};

// A base of the sequence, by its position from 1; '\0' beyond its ends.
using BaseAt = std::function<absl::StatusOr<char>(std::int64_t)>;

// A change is moved by at most so many bases, within a repeat that is longer than that it stops.
inline constexpr std::int64_t kShiftMax = 100'000;

// nullopt: the reference allele is not what the sequence has there, or it is no change.
absl::StatusOr<std::optional<Spelling>> LeftAligned(const Spelling& spelling, const BaseAt& base);
// With as many bases before an insertion as it has itself, so that a repeat shows.
absl::StatusOr<std::optional<Spelling>> RightShifted(const Spelling& spelling, const BaseAt& base);

}  // namespace essaim::genomics
