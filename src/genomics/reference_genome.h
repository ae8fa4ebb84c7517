// A reference sequence in a FASTA file, plain or compressed by bgzip, read where it is asked for.
//
// Where the bases of a sequence lie is told by FILE.fai (samtools faidx), or by one pass over the
// file if that is not there. Memory: the index, and 128 KiB of bases.
//
// Errors: kNotFound; kInvalidArgument: no FASTA, or an index that is not of it, with the line;
// kResourceExhausted: more than kSequencesMax sequences; kUnavailable: the disk failed.
// Threads: one call at a time.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/bgzf_file.h"

namespace essaim::genomics {

inline constexpr std::size_t kSequencesMax = 1'000'000;

// A sequence's bases: `n_bases`, from byte `offset` on, `line_bases` a line of `line_bytes`.
struct FastaEntry {
  std::uint64_t n_bases = 0, offset = 0, line_bases = 0, line_bytes = 0;
};

using FastaIndex = std::map<std::string, FastaEntry, std::less<>>;

// The text of a .fai, checked against the size of its file.
absl::StatusOr<FastaIndex> ReadFai(std::string_view text, std::uint64_t file_bytes);
// Reads all of a FASTA file: `read` gives its next bytes, 0 at the end.
absl::StatusOr<FastaIndex> IndexFasta(
    const std::function<absl::StatusOr<std::size_t>(char* to, std::size_t n)>& read);

class ReferenceGenome {
 public:
  static absl::StatusOr<std::unique_ptr<ReferenceGenome>> Open(const std::string& path);

  // Whether the file has the sequence, by this name or with "chr" or without.
  bool Has(std::string_view chromosome) const { return Find(chromosome) != nullptr; }

  // The base at a position from 1, a capital letter; '\0' beyond the sequence's ends.
  absl::StatusOr<char> At(std::string_view chromosome, std::int64_t position);

  // Equal for files of the same sequences and size, for a load's settings.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  ReferenceGenome() = default;
  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, char* to, std::size_t n);
  const FastaEntry* Find(std::string_view chromosome) const;
  absl::Status Fill(const FastaEntry& entry, std::uint64_t block);

  std::string path_, fingerprint_;
  std::unique_ptr<std::FILE, Close> file_;  // of the two, the one that the file is
  std::unique_ptr<BgzfFile> compressed_;
  FastaIndex index_;
  // The bases last read.
  const FastaEntry* of_ = nullptr;
  std::uint64_t block_ = 0;
  std::string bases_;
};

}  // namespace essaim::genomics
