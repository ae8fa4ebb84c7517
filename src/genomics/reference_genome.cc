#include "genomics/reference_genome.h"

#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "source/gz_file.h"

namespace essaim::genomics {
namespace {

constexpr std::uint64_t kBlockBases = std::uint64_t{1} << 16;
constexpr std::size_t kNameBytesMax = 1'024;
constexpr std::size_t kFaiBytesMax = std::size_t{256} << 20;
constexpr std::uint64_t kBasesMax = std::uint64_t{1} << 40;  // of a sequence

absl::Status AtLine(std::uint64_t line, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", Av(what)));
}

// The offset of the byte after the last base.
std::uint64_t EndOf(const FastaEntry& e) {
  if (e.n_bases == 0) return e.offset;
  const std::uint64_t last = e.n_bases - 1;
  return e.offset + last / e.line_bases * e.line_bytes + last % e.line_bases + 1;
}

// One pass over a FASTA file, byte by byte.
class Indexer {
 public:
  absl::Status Take(char c) {
    ++offset_;
    if (c == '\n') return EndLine();
    if (in_name_) {
      if (c == ' ' || c == '\t') name_ended_ = true;
      if (!name_ended_ && c != '\r') name_ += c;
      if (name_.size() > kNameBytesMax) return AtLine(line_, "a name of more than 1,024 bytes");
      return absl::OkStatus();
    }
    if (c == '>' && at_line_start_) {
      ESSAIM_RETURN_IF_ERROR(EndSequence());
      in_name_ = true;
      at_line_start_ = name_ended_ = false;
      name_.clear();
      return absl::OkStatus();
    }
    at_line_start_ = false;
    ++line_bytes_;
    if (c == '\r') return absl::OkStatus();
    if (!has_sequence_) return AtLine(line_, "'>' and a name were expected");
    if (!absl::ascii_isalpha(static_cast<unsigned char>(c)) && c != '*' && c != '-')
      return AtLine(line_, "no base");
    ++line_bases_;
    return absl::OkStatus();
  }

  absl::StatusOr<FastaIndex> Done() {
    if (in_name_ || line_bases_ > 0) ESSAIM_RETURN_IF_ERROR(EndLine());
    ESSAIM_RETURN_IF_ERROR(EndSequence());
    if (index_.empty()) return AtLine(line_, "no sequence: '>' and a name were expected");
    return std::move(index_);
  }

 private:
  absl::Status EndLine() {
    if (in_name_) {
      if (name_.empty()) return AtLine(line_, "a sequence without a name");
      in_name_ = false;
      has_sequence_ = true;
      short_line_ = false;
      entry_ = {.n_bases = 0, .offset = offset_, .line_bases = 0, .line_bytes = 0};
    } else if (line_bases_ > 0) {
      // All lines but the last are as long as the first: a base's place is then computed.
      if (short_line_ || (entry_.line_bases > 0 && line_bases_ > entry_.line_bases))
        return AtLine(line_, "lines of one sequence are not of one length");
      if (entry_.line_bases == 0) {
        entry_.line_bases = line_bases_;
        entry_.line_bytes = line_bytes_ + 1;
      }
      short_line_ = line_bases_ < entry_.line_bases || line_bytes_ + 1 != entry_.line_bytes;
      entry_.n_bases += line_bases_;
    } else if (has_sequence_) {
      short_line_ = true;  // an empty line: nothing may follow it
    }
    ++line_;
    line_bases_ = line_bytes_ = 0;
    at_line_start_ = true;
    return absl::OkStatus();
  }

  absl::Status EndSequence() {
    if (!has_sequence_) return absl::OkStatus();
    has_sequence_ = false;
    if (index_.size() >= kSequencesMax)
      return absl::ResourceExhaustedError(absl::StrCat("more than ", kSequencesMax, " sequences"));
    entry_.line_bases = std::max<std::uint64_t>(1, entry_.line_bases);
    entry_.line_bytes = std::max<std::uint64_t>(2, entry_.line_bytes);
    if (!index_.emplace(name_, entry_).second) return AtLine(line_, "two sequences of one name");
    return absl::OkStatus();
  }

  FastaIndex index_;
  FastaEntry entry_;
  std::string name_;
  std::uint64_t offset_ = 0, line_ = 1, line_bases_ = 0, line_bytes_ = 0;
  bool in_name_ = false, name_ended_ = false, has_sequence_ = false, at_line_start_ = true,
       short_line_ = false;
};

}  // namespace

absl::StatusOr<FastaIndex> ReadFai(std::string_view text, std::uint64_t file_bytes) {
  FastaIndex index;
  std::uint64_t line = 0;
  while (!text.empty()) {
    const std::string row(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    ++line;
    if (row.empty()) continue;
    const std::vector<std::string> parts = absl::StrSplit(row, '\t');
    FastaEntry e;
    if (parts.size() < 5 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &e.n_bases) ||
        !absl::SimpleAtoi(parts[2], &e.offset) || !absl::SimpleAtoi(parts[3], &e.line_bases) ||
        !absl::SimpleAtoi(parts[4], &e.line_bytes))
      return AtLine(line, "name, length, offset, bases and bytes of a line were expected");
    if (e.n_bases > kBasesMax || e.line_bases == 0 || e.line_bytes <= e.line_bases ||
        e.line_bytes > e.line_bases + 2 || e.offset > file_bytes || EndOf(e) > file_bytes)
      return AtLine(line, "it is not the index of this file");
    if (index.size() >= kSequencesMax)
      return absl::ResourceExhaustedError(absl::StrCat("more than ", kSequencesMax, " sequences"));
    if (!index.emplace(parts[0], e).second) return AtLine(line, "two sequences of one name");
  }
  if (index.empty()) return AtLine(1, "no sequence");
  return index;
}

absl::StatusOr<FastaIndex> IndexFasta(
    const std::function<absl::StatusOr<std::size_t>(char* to, std::size_t n)>& read) {
  Indexer indexer;
  std::string buffer(std::size_t{1} << 18, '\0');
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, read(buffer.data(), buffer.size()));
    if (n == 0) return indexer.Done();
    for (std::size_t i = 0; i < n; ++i) ESSAIM_RETURN_IF_ERROR(indexer.Take(buffer[i]));
  }
}

absl::StatusOr<std::unique_ptr<ReferenceGenome>> ReferenceGenome::Open(const std::string& path) {
  std::unique_ptr<ReferenceGenome> genome(new ReferenceGenome());
  genome->path_ = path;

  struct stat info {};

  if (stat(path.c_str(), &info) != 0)
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  genome->file_.reset(std::fopen(path.c_str(), "rb"));
  if (genome->file_ == nullptr || !S_ISREG(info.st_mode))
    return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  auto bytes = static_cast<std::uint64_t>(info.st_size);
  if (IsGzip(genome->file_.get())) {
    genome->file_.reset();
    ESSAIM_ASSIGN_OR_RETURN(genome->compressed_, BgzfFile::Open(path));
    bytes = genome->compressed_->n_bytes();
  }
  const absl::StatusOr<std::string> fai = ReadFile(path + ".fai", kFaiBytesMax);
  if (!fai.ok() && !absl::IsNotFound(fai.status())) return fai.status();
  std::uint64_t at = 0;
  absl::StatusOr<FastaIndex> index =
      fai.ok() ? ReadFai(*fai, bytes)
               : IndexFasta([&](char* to, std::size_t n) -> absl::StatusOr<std::size_t> {
                   ESSAIM_ASSIGN_OR_RETURN(const std::size_t got, genome->ReadAt(at, to, n));
                   at += got;
                   return got;
                 });
  if (!index.ok())
    return absl::Status(index.status().code(),
                        absl::StrCat(path, fai.ok() ? ".fai: " : ": ", index.status().message()));
  genome->index_ = *std::move(index);
  std::string told = absl::StrCat(bytes);
  for (const auto& [name, e] : genome->index_)
    absl::StrAppend(&told, "|", name, ":", e.n_bases, ":", e.offset);
  genome->fingerprint_ = ToHex(crypto::Sha256(told)).substr(0, 16);
  return genome;
}

const FastaEntry* ReferenceGenome::Find(std::string_view chromosome) const {
  auto at = index_.find(chromosome);
  if (at == index_.end() && chromosome.starts_with("chr")) at = index_.find(chromosome.substr(3));
  if (at == index_.end()) at = index_.find(absl::StrCat("chr", Av(chromosome)));
  return at == index_.end() ? nullptr : &at->second;
}

// Of the text; fewer than `n` at its end.
absl::StatusOr<std::size_t> ReferenceGenome::ReadAt(std::uint64_t offset, char* to, std::size_t n) {
  if (compressed_ != nullptr) return compressed_->ReadAt(offset, to, n);
  std::FILE* file = file_.get();
  if (fseeko(file, static_cast<off_t>(offset), SEEK_SET) != 0)
    return absl::UnavailableError(absl::StrCat(path_, ": cannot be read"));
  const std::size_t got = std::fread(to, 1, n, file);
  if (std::ferror(file) != 0)
    return absl::UnavailableError(absl::StrCat(path_, ": cannot be read"));
  return got;
}

absl::Status ReferenceGenome::Fill(const FastaEntry& entry, std::uint64_t block) {
  const std::uint64_t first = block * kBlockBases;
  const std::uint64_t n = std::min(kBlockBases, entry.n_bases - first);
  const auto place = [&](std::uint64_t base) {
    return entry.offset + base / entry.line_bases * entry.line_bytes + base % entry.line_bases;
  };
  of_ = nullptr;
  std::string bytes(place(first + n - 1) + 1 - place(first), '\0');
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t got, ReadAt(place(first), bytes.data(), bytes.size()));
  if (got != bytes.size()) return absl::UnavailableError(absl::StrCat(path_, ": cannot be read"));
  std::erase_if(bytes, [](char c) { return c == '\n' || c == '\r'; });
  if (bytes.size() != n || bytes.find('>') != std::string::npos)
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ".fai: it is not the index of this file; remove it, and one is made"));
  for (char& c : bytes) c = absl::ascii_toupper(static_cast<unsigned char>(c));
  bases_ = std::move(bytes);
  of_ = &entry;
  block_ = block;
  return absl::OkStatus();
}

absl::StatusOr<char> ReferenceGenome::At(std::string_view chromosome, std::int64_t position) {
  const FastaEntry* entry = Find(chromosome);
  if (entry == nullptr || position < 1 || static_cast<std::uint64_t>(position) > entry->n_bases)
    return '\0';
  const std::uint64_t base = static_cast<std::uint64_t>(position) - 1;
  if (of_ != entry || block_ != base / kBlockBases)
    ESSAIM_RETURN_IF_ERROR(Fill(*entry, base / kBlockBases));
  return bases_[base % kBlockBases];
}

}  // namespace essaim::genomics
