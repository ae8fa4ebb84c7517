#include "genomics/vcf_files.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "genomics/reference_genome.h"
#include "genomics/variant_reader.h"
#include "source/cdm_row.h"
#include "source/gz_file.h"
#include "source/input_files.h"
#include "source/recognised.h"
#include "source/sample_list.h"

namespace essaim::genomics {
namespace {

constexpr std::uint64_t kLinesPerProgress = 4'096;
constexpr std::int64_t kLab = 32856;  // type concept

bool IsVcf(const std::string& path) {
  return absl::EndsWith(path, ".vcf") || absl::EndsWith(path, ".vcf.gz") ||
         absl::EndsWith(path, ".vcf.bgz");
}

// Lines of a file, each at most kLineBytesMax.
class Lines {
 public:
  explicit Lines(GzFile& file) : file_(file), buffer_(std::size_t{1} << 20, '\0') {}

  // False at the end. The line is good until the next call.
  absl::StatusOr<bool> Next(std::string_view& line) {
    while (true) {
      const void* found = std::memchr(buffer_.data() + begin_, '\n', end_ - begin_);
      const bool last = found == nullptr && ended_;
      if (last && begin_ == end_) return false;
      if (found != nullptr || last) {
        const std::size_t stop =
            last ? end_
                 : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
        line = std::string_view(buffer_).substr(begin_, stop - begin_);
        if (line.ends_with('\r')) line.remove_suffix(1);
        begin_ = last ? end_ : stop + 1;
        return true;
      }
      if (end_ - begin_ > kLineBytesMax)
        return absl::ResourceExhaustedError(
            absl::StrCat("longer than ", kLineBytesMax >> 20, " MiB"));
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
      ESSAIM_ASSIGN_OR_RETURN(const std::size_t n,
                              file_.Read(buffer_.data() + end_, buffer_.size() - end_));
      end_ += n;
      ended_ = n == 0;
    }
  }

 private:
  GzFile& file_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
};

// "20090805" to "2009-08-05"; a date with dashes stays. Others are left to the row's own check.
std::string DateOf(std::string_view text) {
  const bool digits =
      text.size() == 8 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::string(text);
  return absl::StrCat(Av(text.substr(0, 4)), "-", Av(text.substr(4, 2)), "-",
                      Av(text.substr(6, 2)));
}

class VcfFiles : public CdmSource {
 public:
  VcfFiles(std::vector<std::string> paths, std::uint64_t bytes, VcfOptions options, SampleList list,
           std::unique_ptr<ReferenceGenome> genome, std::string settings)
      : paths_(std::move(paths)),
        bytes_(bytes),
        options_(std::move(options)),
        list_(std::move(list)),
        genome_(std::move(genome)),
        settings_(std::move(settings)) {}

  std::string_view kind() const override { return "vcf"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  // Also whose samples were nobody's: once their persons are there, the same files are another
  // load.
  std::string settings() const override {
    return nobodys_.empty() ? settings_
                            : absl::StrCat(settings_, "|", ToHex(crypto::Sha256(nobodys_)));
  }

  absl::Status Read(CdmSink& sink) override {
    for (const std::string& path : paths_) {
      const absl::Status read = ReadFileOf(path, sink);
      if (!read.ok()) {
        if (options_.store != nullptr && began_) options_.store->Rollback();
        return read;
      }
    }
    return recognised_.Check();
  }

 private:
  absl::Status ReadFileOf(const std::string& path, CdmSink& sink) {
    began_ = false;
    ESSAIM_ASSIGN_OR_RETURN(const std::string hash, HashOfFile(path));
    ESSAIM_ASSIGN_OR_RETURN(const auto file, GzFile::Open(path));
    Lines lines(*file);
    std::uint64_t line = 0;
    const auto at_line = [&](const absl::Status& status) {
      return absl::Status(status.code(),
                          absl::StrCat(path, ": line ", line, ": ", status.message()));
    };
    VcfHeader header;
    const absl::StatusOr<std::string> wrong = ReadHeader(lines, header, line);
    if (!wrong.ok()) return at_line(wrong.status());
    recognised_.File(path, wrong->empty() || is_vcf_);
    if (!wrong->empty()) {  // the file is apart as a whole, the others are loaded
      ESSAIM_RETURN_IF_ERROR(
          sink.Reject({.file = path, .line = line, .column = "header", .reason = *wrong}, ""));
      return EndFile(path, hash, 1, sink);
    }
    ESSAIM_ASSIGN_OR_RETURN(std::vector<Sample> samples, Samples(path, line, hash, header, sink));
    // What reads its rejected lines again, kept with the first of them.
    RejectedFile kept{.sha256 = hash, .header = header.Bare(), .samples = samples};
    bool keeps = false;
    VariantReader reader(header, std::move(samples), options_.store.get(), genome_.get());
    if (options_.store != nullptr) {
      began_ = true;
      ESSAIM_RETURN_IF_ERROR(options_.store->Begin(reader.test(), reader.wanted()));
    }
    std::uint64_t n_records = 0;
    std::string_view text;
    while (true) {
      ++line;
      const absl::StatusOr<bool> more = lines.Next(text);
      if (!more.ok()) return at_line(more.status());
      if (!*more) break;
      if (text.empty()) continue;
      ++n_records;
      ESSAIM_ASSIGN_OR_RETURN(const std::string fault, reader.Take(text));
      if (!fault.empty()) {
        if (!keeps && options_.store != nullptr)
          ESSAIM_RETURN_IF_ERROR(options_.store->KeepFile(kept));
        keeps = true;
        ESSAIM_RETURN_IF_ERROR(
            Reject({.file = path, .line = line, .column = "", .reason = fault}, hash, text, sink));
      }
      if (n_records % kLinesPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_ + file->offset()));
    }
    if (options_.store != nullptr) {
      ESSAIM_RETURN_IF_ERROR(options_.store->Commit(reader.wanted()));
      began_ = false;
    }
    sink.Notice(reader.Summary(path));
    return EndFile(path, hash, n_records, sink);
  }

  absl::Status EndFile(const std::string& path, const std::string& hash, std::uint64_t n_read,
                       CdmSink& sink) {
    std::error_code error;
    bytes_before_ += std::filesystem::file_size(path, error);
    sink.EndFile(path, hash, n_read);
    return sink.Progress(bytes_before_);
  }

  // What is wrong with it, at which line; empty if nothing is.
  absl::StatusOr<std::string> ReadHeader(Lines& lines, VcfHeader& header, std::uint64_t& line) {
    std::string_view text;
    is_vcf_ = false;
    while (!header.complete()) {
      ++line;
      ESSAIM_ASSIGN_OR_RETURN(const bool more, lines.Next(text));
      if (!more) return "the line #CHROM was expected";
      is_vcf_ = is_vcf_ || (line == 1 && text.starts_with("##fileformat=VCF"));
      const absl::Status taken = header.Take(text);
      if (!taken.ok()) return std::string(taken.message());
    }
    if (header.samples().empty())
      return "#CHROM: no sample: variants that belong to nobody have no place here";
    return std::string();
  }

  // The line's text stays out of the warehouse, which has another key than what is genetic.
  absl::Status Reject(const BadRow& fault, const std::string& hash, std::string_view text,
                      CdmSink& sink) {
    if (options_.store != nullptr)
      ESSAIM_RETURN_IF_ERROR(options_.store->KeepLine(hash, fault.line, text));
    return sink.Reject(fault, "");
  }

  // One a column of the file; procedure_occurrence_id 0: nobody's, left out.
  absl::StatusOr<std::vector<Sample>> Samples(const std::string& path, std::uint64_t line,
                                              const std::string& hash, const VcfHeader& header,
                                              CdmSink& sink) {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < header.samples().size(); ++i) {
      Sample sample{.genomic_test_id = options_.ids->IdOf("genomic_test", "", hash)};
      const std::string& name = header.samples()[i];
      ESSAIM_ASSIGN_OR_RETURN(const std::string fault,
                              Fill(path, line, hash, name, header, sample, sink));
      if (!fault.empty()) {
        sample.procedure_occurrence_id = 0;
        absl::StrAppend(&nobodys_, hash, " ", i, "\n");
        ESSAIM_RETURN_IF_ERROR(sink.Reject(
            {.file = path, .line = line, .column = absl::StrCat("sample ", i + 1), .reason = fault},
            ""));
      }
      samples.push_back(sample);
    }
    return samples;
  }

  absl::StatusOr<std::string> Fill(const std::string& path, std::uint64_t line,
                                   const std::string& hash, const std::string& name,
                                   const VcfHeader& header, Sample& sample, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(FoundOwner owner,
                            FindOwner({.ids = options_.ids,
                                       .has_person = options_.has_person,
                                       .list = options_.samples_path.empty() ? nullptr : &list_,
                                       .system = options_.system},
                                      name, name));
    if (!owner.fault.empty()) return owner.fault;
    const std::int64_t person = owner.person_id;
    if (owner.date.empty()) owner.date = DateOf(header.Value("fileDate"));
    if (owner.date.empty()) return "no date: give it in the column date of --samples";
    const std::string key = absl::StrCat(person, "|", hash, "|", name);
    sample.procedure_occurrence_id = options_.ids->IdOf("procedure_occurrence", "vcf", key);
    sample.specimen_id = options_.ids->IdOf("specimen", "vcf", key);
    CdmRow specimen("specimen");
    specimen.Set("specimen_id", sample.specimen_id);
    specimen.Set("person_id", person);
    specimen.Set("specimen_concept_id", std::int64_t{0});
    specimen.Set("specimen_type_concept_id", kLab);
    specimen.Set("specimen_date", std::string_view(owner.date));
    // A sample's name is often the patient's number.
    specimen.SetCut("specimen_source_id", options_.ids->PseudonymOf("specimen", name));
    ESSAIM_RETURN_IF_ERROR(specimen.WriteTo(sink, {.file = path, .line = line}));
    CdmRow procedure("procedure_occurrence");
    procedure.Set("procedure_occurrence_id", sample.procedure_occurrence_id);
    procedure.Set("person_id", person);
    procedure.Set("procedure_concept_id", std::int64_t{0});
    procedure.Set("procedure_date", std::string_view(owner.date));
    procedure.Set("procedure_type_concept_id", kLab);
    procedure.SetCut("procedure_source_value", "VCF " + header.version());
    procedure.Set("procedure_source_concept_id", std::int64_t{0});
    ESSAIM_RETURN_IF_ERROR(procedure.WriteTo(sink, {.file = path, .line = line}));
    return std::string();
  }

  std::vector<std::string> paths_;
  std::uint64_t bytes_, bytes_before_ = 0;
  VcfOptions options_;
  SampleList list_;
  std::unique_ptr<ReferenceGenome> genome_;
  std::string settings_, nobodys_;
  bool began_ = false, is_vcf_ = false;
  Recognised recognised_{"VCF, which begins with ##fileformat=VCFv4"};
};

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcfFiles(const std::vector<std::string>& paths,
                                                        const VcfOptions& options) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> files, InputFiles(paths, IsVcf, "VCF file"));
  for (const std::string& file : files) {
    if (!IsVcf(file))
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": a name ending in .vcf, .vcf.gz or .vcf.bgz was expected"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t bytes, BytesOf(files));
  SampleList list;
  std::string settings = options.system;
  if (!options.samples_path.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(list, ReadSampleList(options.samples_path, options.log));
    ESSAIM_ASSIGN_OR_RETURN(const std::string hash, HashOfFile(options.samples_path));
    settings = absl::StrCat(settings, "|", hash);
  }
  std::unique_ptr<ReferenceGenome> genome;
  if (!options.reference_path.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(genome, ReferenceGenome::Open(options.reference_path));
    absl::StrAppend(&settings, "|", genome->fingerprint());
  }
  return std::make_unique<VcfFiles>(std::move(files), bytes, options, std::move(list),
                                    std::move(genome), std::move(settings));
}

}  // namespace essaim::genomics
