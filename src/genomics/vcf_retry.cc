#include "genomics/vcf_retry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "genomics/reference_genome.h"
#include "genomics/variant_reader.h"
#include "genomics/vcf.h"

namespace essaim::genomics {
namespace {

struct MendedFile {
  std::string path;
  RejectedFile kept;
  std::vector<RejectedRow> rows;
};

class VcfRetry : public CdmSource {
 public:
  VcfRetry(std::shared_ptr<GeneticStore> store, std::vector<MendedFile> files,
           std::unique_ptr<ReferenceGenome> genome)
      : store_(std::move(store)), files_(std::move(files)), genome_(std::move(genome)) {}

  std::string_view kind() const override { return "vcf"; }

  std::uint64_t bytes_total() const override { return 0; }

  // The files' hashes are those of the first load: what came is told here.
  std::string settings() const override {
    std::string told = "retry";
    for (const MendedFile& file : files_) {
      for (const RejectedRow& row : file.rows)
        absl::StrAppend(&told, "|", row.id.load, "|", row.id.row_number, "|",
                        ToHex(crypto::Sha256(row.raw)));
    }
    return ToHex(crypto::Sha256(told));
  }

  absl::Status Read(CdmSink& sink) override {
    for (const MendedFile& file : files_) {
      const absl::Status read = ReadRows(file, sink);
      if (read.ok()) continue;
      store_->Rollback();
      return read;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadRows(const MendedFile& file, CdmSink& sink) {
    VcfHeader header;
    for (const auto line : absl::StrSplit(file.kept.header, '\n', absl::SkipEmpty()))
      ESSAIM_RETURN_IF_ERROR(header.Take({line.data(), line.size()}));
    if (header.samples().size() != file.kept.samples.size())
      return absl::DataLossError("a kept header of another file");
    VariantReader reader(header, file.kept.samples, store_.get(), genome_.get());
    ESSAIM_RETURN_IF_ERROR(store_->BeginRetry(reader.test().genomic_test_id));
    for (const RejectedRow& row : file.rows) {
      ESSAIM_RETURN_IF_ERROR(store_->Retry(row.id));
      std::string_view text = row.raw;
      while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
      ESSAIM_ASSIGN_OR_RETURN(const std::string fault, reader.Take(text));
      if (fault.empty()) {
        ESSAIM_RETURN_IF_ERROR(store_->PutSamples(reader.TakeCounts()));
        continue;
      }
      ESSAIM_RETURN_IF_ERROR(store_->KeepLine(file.kept.sha256, row.fault.line, text));
      ESSAIM_RETURN_IF_ERROR(sink.Reject(
          {.file = file.path, .line = row.fault.line, .column = "", .reason = fault}, ""));
    }
    ESSAIM_RETURN_IF_ERROR(store_->Commit({}));
    sink.EndFile(file.path, file.kept.sha256, file.rows.size());
    sink.Notice(reader.Summary(file.path));
    return absl::OkStatus();
  }

  std::shared_ptr<GeneticStore> store_;
  std::vector<MendedFile> files_;
  std::unique_ptr<ReferenceGenome> genome_;
};

}  // namespace

absl::Status FillTexts(GeneticStore& store, const LoadEntry& load, std::vector<RejectedRow>& rows) {
  for (const CdmFileReport& file : load.files) {
    const auto waits = [&](const RejectedRow& r) {
      return r.id.load == load.number && r.fault.file == file.path && r.fault.column.empty();
    };
    if (std::ranges::none_of(rows, waits)) continue;
    ESSAIM_ASSIGN_OR_RETURN(auto lines, store.RejectedLines(file.sha256));
    for (RejectedRow& row : rows) {
      if (!waits(row)) continue;
      const auto at = lines.find(row.fault.line);
      if (at != lines.end()) row.raw = at->second;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcfRetry(std::shared_ptr<GeneticStore> store,
                                                        const LoadEntry& load,
                                                        const std::vector<RejectedRow>& rows,
                                                        const std::string& reference_path) {
  std::vector<MendedFile> files;
  for (const RejectedRow& row : rows) {
    const auto said = [&](const char* what) {
      return absl::StrCat(row.fault.file, ": row ", row.id.row_number, " of load ", load.number,
                          what);
    };
    if (row.fault.column == "header")
      return absl::InvalidArgumentError(said(" is a file without a header; mend it and load it"));
    if (!row.fault.column.empty())
      return absl::InvalidArgumentError(said(
          " is a sample that is nobody's; load the file again once --samples say whose it is"));
    auto at = std::ranges::find(files, row.fault.file, &MendedFile::path);
    if (at == files.end()) {
      const auto of = std::ranges::find(load.files, row.fault.file, &CdmFileReport::path);
      std::optional<RejectedFile> kept;
      if (of != load.files.end()) {
        ESSAIM_ASSIGN_OR_RETURN(kept, store->FindRejected(of->sha256));
      }
      if (!kept.has_value())
        return absl::NotFoundError(
            said(": the file's header is not kept; mend the file and load "
                 "it whole"));
      files.push_back({.path = row.fault.file, .kept = *std::move(kept), .rows = {}});
      at = std::prev(files.end());
    }
    at->rows.push_back(row);
  }
  std::unique_ptr<ReferenceGenome> genome;
  if (!reference_path.empty()) {
    absl::StatusOr<std::unique_ptr<ReferenceGenome>> opened = ReferenceGenome::Open(reference_path);
    if (!opened.ok())
      return absl::Status(
          opened.status().code(),
          absl::StrCat(opened.status().message(), "; load ", load.number,
                       " gave its variants their spelling by it, and these need the same"));
    genome = *std::move(opened);
  }
  return std::make_unique<VcfRetry>(std::move(store), std::move(files), std::move(genome));
}

}  // namespace essaim::genomics
