#include "node/retry.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "transport/json_text.h"
#include "warehouse/cdm_sinks.h"

namespace essaim::node {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string Originals(std::string text, const std::vector<RetryFiles::File>& files) {
  for (const RetryFiles::File& f : files) text = absl::StrReplaceAll(text, {{f.path, f.original}});
  return text;
}

// A sink that is told of the originals.
class RetoldSink : public ForwardingSink {
 public:
  RetoldSink(CdmSink& sink, const std::vector<RetryFiles::File>& files)
      : ForwardingSink(sink), files_(files) {}

  absl::Status Row(const CdmTable& table, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin& origin) override {
    RowOrigin there = origin;
    there.file = FileOf(origin.file);
    there.line = LineOf(origin.file, origin.line);
    return next_.Row(table, cells, there);
  }

  absl::Status Reject(const BadRow& fault, std::string_view raw) override {
    BadRow there = fault;
    there.file = std::string(FileOf(fault.file));
    there.line = LineOf(fault.file, fault.line);
    return next_.Reject(there, raw);
  }

  void Header(std::string_view path, std::string_view text) override {
    next_.Header(FileOf(path), text);
  }

  void EndFile(std::string_view path, std::string_view sha256_hex, std::uint64_t n_read) override {
    next_.EndFile(FileOf(path), sha256_hex, n_read);
  }

  void Notice(std::string text) override { next_.Notice(Originals(std::move(text), files_)); }

 private:
  const RetryFiles::File* Find(std::string_view path) const {
    const auto at = std::ranges::find(files_, path, &RetryFiles::File::path);
    return at == files_.end() ? nullptr : &*at;
  }

  std::string_view FileOf(std::string_view path) const {
    const RetryFiles::File* file = Find(path);
    return file == nullptr ? path : std::string_view(file->original);
  }

  std::uint64_t LineOf(std::string_view path, std::uint64_t line) const {
    const RetryFiles::File* file = Find(path);
    if (file == nullptr) return line;
    const auto after =
        std::ranges::upper_bound(file->places, line, {}, &RetryFiles::Place::line_here);
    if (after == file->places.begin()) return line;
    const RetryFiles::Place& at = *std::prev(after);
    return at.line_there + (line - at.line_here);
  }

  const std::vector<RetryFiles::File>& files_;
};

class RetoldSource : public WrappedSource {
 public:
  RetoldSource(std::unique_ptr<CdmSource> source, const std::vector<RetryFiles::File>& files)
      : WrappedSource(std::move(source)), files_(files) {}

  std::string settings() const override { return WrappedSource::settings() + "/retry"; }

  absl::Status Read(CdmSink& sink) override {
    RetoldSink retold(sink, files_);
    const absl::Status read = WrappedSource::Read(retold);
    if (read.ok()) return read;
    return absl::Status(read.code(), Originals(std::string(read.message()), files_));
  }

 private:
  const std::vector<RetryFiles::File>& files_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RetryFiles>> RetryFiles::Write(
    const std::string& folder, const LoadEntry& load, const std::vector<RejectedRow>& rows) {
  const std::string& kind = load.kind;
  if (kind == "wfdb" || kind == "dicom") {
    return absl::InvalidArgumentError(
        absl::StrCat("rows of load ", load.number, " (", kind,
                     ") cannot be loaded again one by one: they are files; mend the file and load "
                     "it whole"));
  }
  std::unique_ptr<RetryFiles> files(new RetryFiles(folder));
  std::error_code error;
  fs::remove_all(folder, error);  // what a killed retry left
  ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(folder));
  const Json arguments = Json::parse(load.arguments, nullptr, false);
  // Rows of a release come again as rows of its tables.
  files->arguments_.from = kind == "vocabulary" ? "omop" : kind;
  if (arguments.is_object()) {
    files->arguments_.system = JsonText(arguments, "system");
    const auto is_set = [&](const char* name) {
      return arguments.value(name, Json(false)) == Json(true);
    };
    files->arguments_.keep_text = is_set("keep_text");
    files->arguments_.surrogates = is_set("surrogates");
    files->arguments_.deidentify_values = is_set("deidentify_values");
    const std::string mapping = JsonText(arguments, "mapping");
    if (!mapping.empty()) {
      files->arguments_.mapping = folder + "/mapping.yaml";
      ESSAIM_RETURN_IF_ERROR(WriteFile(files->arguments_.mapping, mapping, 0600));
    }
  }
  ESSAIM_RETURN_IF_ERROR(files->WriteFiles(load, rows));
  return files;
}

RetryFiles::~RetryFiles() {
  std::error_code error;
  fs::remove_all(folder_, error);
}

absl::Status RetryFiles::WriteFiles(const LoadEntry& load, const std::vector<RejectedRow>& rows) {
  std::set<std::string> done;
  for (const CdmFileReport& original : load.files) {
    if (!done.insert(original.path).second) continue;  // a file that feeds two tables
    ESSAIM_RETURN_IF_ERROR(WriteOne(original, load.kind, done.size(), rows));
  }
  for (const RejectedRow& row : rows) {
    if (done.contains(row.fault.file)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        row.fault.file, ": no file of load ", load.number, ", whose manifest has the headers"));
  }
  return absl::OkStatus();
}

absl::Status RetryFiles::WriteOne(const CdmFileReport& original, const std::string& kind,
                                  std::size_t number, const std::vector<RejectedRow>& rows) {
  const bool is_lines = kind == "text" && (absl::EndsWithIgnoreCase(original.path, ".ndjson") ||
                                           absl::EndsWithIgnoreCase(original.path, ".jsonl"));
  const bool has_header = kind != "fhir" && kind != "hl7v2" && !is_lines;
  // A folder each, as two files of one name may come from two folders.
  const std::string folder = absl::StrCat(folder_, "/", number);
  fs::path name = fs::path(original.path).filename();
  if (has_header && name.extension() == ".parquet") name.replace_extension(".csv");
  if (!has_header && !is_lines) name = kind == "fhir" ? "rows.ndjson" : "messages.hl7";
  File file{.path = folder + "/" + name.string(), .original = original.path, .places = {}};
  if (has_header && original.header.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(original.path, ": the manifest has no header of it; load the mended file"));
  std::string text = has_header ? original.header + "\n" : "";
  std::uint64_t line = has_header ? 2 : 1;
  std::set<std::string> seen;  // a message is there once for each of its faults
  for (const RejectedRow& row : rows) {
    if (row.fault.file != original.path || !seen.insert(row.raw).second) continue;
    std::string raw = row.raw;
    if (kind == "fhir" || is_lines) raw = absl::StrReplaceAll(raw, {{"\r", " "}, {"\n", " "}});
    file.places.push_back({line, row.fault.line});
    absl::StrAppend(&text, raw, "\n");
    line += 1 + static_cast<std::uint64_t>(std::ranges::count(raw, '\n'));
  }
  // A mapping wants to see all its files; elsewhere one without rows says nothing.
  if (file.places.empty() && kind != "csv") return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(folder));
  ESSAIM_RETURN_IF_ERROR(WriteFile(file.path, text, 0600));
  arguments_.paths.push_back(file.path);
  if (kind == "text")  // the files that its rows name are where they were
    arguments_.text_folders[file.path] = fs::path(original.path).parent_path().string();
  files_.push_back(std::move(file));
  return absl::OkStatus();
}

std::unique_ptr<CdmSource> RetryFiles::Retold(std::unique_ptr<CdmSource> source) const {
  return std::make_unique<RetoldSource>(std::move(source), files_);
}

}  // namespace essaim::node
