// The lines of a VCF file, version 4.0 to 4.5 (samtools.github.io/hts-specs), one by one.
//
// Errors: kInvalidArgument with what was expected where, never a value of the file. Nothing is
// allocated by a number that the file gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::genomics {

inline constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kMetaLinesMax = 100'000;
inline constexpr std::size_t kSamplesMax = 100'000;
inline constexpr std::size_t kAllelesMax = 1'000;
inline constexpr std::size_t kAlleleBytesMax = 100'000;

// "##" lines and the "#CHROM" line, each given to Take until `complete`.
class VcfHeader {
 public:
  absl::Status Take(std::string_view line);

  bool complete() const { return complete_; }

  const std::string& version() const { return version_; }  // "4.3"

  // The value of the first "##key=value" of that key; empty if there is none.
  std::string_view Value(std::string_view key) const;

  const std::vector<std::string>& samples() const { return samples_; }

  // Of "##INFO=<ID=CSQ,...,Description="... Format: A|B">": the names A, B. Empty if not there.
  std::vector<std::string> PartsOf(std::string_view info) const;

  // A header that reads the same data lines alike and names nobody: the lines that tell the
  // assembly and VEP's parts, and numbers for the samples' names.
  std::string Bare() const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
  std::string version_;
  std::vector<std::string> samples_;
  std::size_t n_lines_ = 0;
  bool complete_ = false;
};

// One data line; its texts point into the line.
struct VcfRecord {
  std::string_view chromosome, id, reference, filter, info;  // "." is empty, but for the reference
  std::int64_t position = 0;
  std::vector<std::string_view> alternates;
  std::optional<double> quality;
  std::vector<std::string_view> format, samples;  // as many samples as the header has

  // INFO's value of that key; "" for a flag; nullopt if it is not there.
  std::optional<std::string_view> Info(std::string_view key) const;
  // A sample's value by FORMAT's key; empty if it is not there or missing.
  std::string_view Of(std::size_t sample, std::string_view key) const;
};

absl::Status ReadRecord(std::string_view line, std::size_t n_samples, VcfRecord& record);

// A genotype's alleles: 0 is the reference, -1 is missing.
struct Genotype {
  std::vector<int> alleles;
  bool phased = false;
};

// kInvalidArgument: no genotype, or an allele that the record does not have.
absl::StatusOr<Genotype> ReadGenotype(std::string_view text, std::size_t n_alternates);

}  // namespace essaim::genomics
