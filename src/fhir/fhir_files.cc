#include "fhir/fhir_files.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "fhir/mapper.h"
#include "source/gz_file.h"
#include "source/input_files.h"

namespace essaim::fhir {
namespace {

constexpr std::uint64_t kUnitsPerProgress = 4'096;

bool IsLines(const std::string& path) {
  return absl::EndsWith(path, ".ndjson") || absl::EndsWith(path, ".ndjson.gz");
}

bool IsDocument(const std::string& path) {
  return absl::EndsWith(path, ".json") || absl::EndsWith(path, ".json.gz");
}

class FhirFiles : public CdmSource {
 public:
  FhirFiles(std::vector<std::string> paths, std::uint64_t bytes, const FhirOptions& options)
      : paths_(std::move(paths)), bytes_(bytes), options_(options) {}

  std::string_view kind() const override { return "fhir"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  std::string settings() const override { return options_.system; }

  bool derives_observation_periods() const override { return true; }

  absl::Status Read(CdmSink& sink) override {
    Mapper mapper(options_, sink);
    for (const std::string& path : paths_) {
      n_read_ = 0;
      ESSAIM_ASSIGN_OR_RETURN(const auto file, GzFile::Open(path));
      const absl::Status read = IsLines(path) ? ReadLines(path, *file, mapper, sink)
                                              : ReadDocument(path, *file, mapper, sink);
      ESSAIM_RETURN_IF_ERROR(read);
      ESSAIM_ASSIGN_OR_RETURN(const std::string hash, file->Sha256Hex());
      sink.EndFile(path, hash, n_read_);
      std::error_code error;
      bytes_before_ += std::filesystem::file_size(path, error);
      ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_));
    }
    for (const auto& [type, n] : mapper.unmapped())
      sink.Notice(absl::StrCat("not in the CDM: ", n, " resources of the type ", type));
    return absl::OkStatus();
  }

 private:
  absl::Status ReadLines(const std::string& path, GzFile& file, Mapper& mapper, CdmSink& sink) {
    std::string buffer;
    std::size_t begin = 0, end = 0;  // of what is read and not yet used
    std::uint64_t line = 0;
    buffer.resize(std::size_t{1} << 20);
    while (true) {
      const void* found = std::memchr(buffer.data() + begin, '\n', end - begin);
      if (found == nullptr) {
        if (end - begin > kResourceBytesMax)
          return absl::ResourceExhaustedError(absl::StrCat(
              path, ": line ", line + 1, ": longer than ", kResourceBytesMax >> 20, " MiB"));
        std::memmove(buffer.data(), buffer.data() + begin, end - begin);
        end -= begin;
        begin = 0;
        // Twice the room for a line that does not fit, and what the parser reads beyond the end.
        if (buffer.size() - end < (std::size_t{1} << 18)) buffer.resize(2 * buffer.size());
        ESSAIM_ASSIGN_OR_RETURN(
            const std::size_t n,
            file.Read(buffer.data() + end, buffer.size() - end - simdjson::SIMDJSON_PADDING));
        end += n;
        if (n > 0) continue;
        if (begin == end) return absl::OkStatus();
      }
      const std::size_t stop =
          found == nullptr
              ? end
              : static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
      ESSAIM_RETURN_IF_ERROR(Line(path, ++line, buffer.data() + begin, stop - begin,
                                  buffer.size() - begin, mapper, sink));
      begin = found == nullptr ? end : stop + 1;
      if (n_read_ % kUnitsPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_ + file.offset()));
    }
  }

  absl::Status Line(const std::string& path, std::uint64_t line, const char* text, std::size_t n,
                    std::size_t capacity, Mapper& mapper, CdmSink& sink) {
    while (n > 0 && (text[n - 1] == '\r' || text[n - 1] == ' ')) --n;
    if (n == 0) return absl::OkStatus();
    ++n_read_;
    simdjson::dom::element element;
    const bool padded = capacity >= n + simdjson::SIMDJSON_PADDING;
    if (parser_.parse(text, n, !padded).get(element) != simdjson::SUCCESS) {
      return sink.Reject({.file = path, .line = line, .column = "", .reason = "no JSON"},
                         std::string_view(text, n));
    }
    const std::function<std::string()> raw = [&] { return std::string(text, n); };
    return mapper.Map(Node(element), {.file = path, .line = line, .raw = &raw});
  }

  absl::Status ReadDocument(const std::string& path, GzFile& file, Mapper& mapper, CdmSink& sink) {
    std::string text(std::size_t{1} << 20, '\0');
    std::size_t size = 0;
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(
          const std::size_t n,
          file.Read(text.data() + size, text.size() - size - simdjson::SIMDJSON_PADDING));
      size += n;
      if (n == 0) break;
      if (size > kDocumentBytesMax)
        return absl::ResourceExhaustedError(
            absl::StrCat(path, ": larger than ", kDocumentBytesMax >> 20,
                         " MiB; give bulk data as .ndjson, one resource a line"));
      if (text.size() - size < (std::size_t{1} << 18)) text.resize(2 * text.size());
    }
    simdjson::dom::element element;
    if (parser_.parse(text.data(), size, false).get(element) != simdjson::SUCCESS) {
      n_read_ = 1;
      return sink.Reject({.file = path, .line = 1, .column = "", .reason = "no JSON"},
                         std::string_view(text).substr(0, size));
    }
    const Node document(element);
    if (document["resourceType"].Text() != "Bundle") {
      n_read_ = 1;
      return mapper.Map(document, {.file = path, .line = 1});
    }
    mapper.ClearNames();
    const std::vector<Node> entries = document["entry"].Items();
    for (const Node entry : entries)
      mapper.SetName(entry["fullUrl"].Text(), entry["resource"]["id"].Text());
    for (const Node entry : entries) {
      ++n_read_;
      const Node resource = entry["resource"];
      const std::function<std::string()> raw = [&] {
        return resource ? std::string(simdjson::minify(resource.element())) : std::string();
      };
      // A bundle has no lines worth naming: the entry's number, from 1.
      ESSAIM_RETURN_IF_ERROR(mapper.Map(resource, {.file = path, .line = n_read_, .raw = &raw}));
    }
    mapper.ClearNames();
    return absl::OkStatus();
  }

  std::vector<std::string> paths_;
  std::uint64_t bytes_, bytes_before_ = 0, n_read_ = 0;
  FhirOptions options_;
  simdjson::dom::parser parser_{kDocumentBytesMax};
};

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenFhirFiles(const std::vector<std::string>& paths,
                                                         const FhirOptions& options) {
  const auto wanted = [](const std::string& name) { return IsLines(name) || IsDocument(name); };
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> files,
                          InputFiles(paths, wanted, ".json or .ndjson file"));
  for (const std::string& file : files) {
    if (!wanted(file))
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": expected a name ending in .json, .ndjson, .json.gz or .ndjson.gz"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t bytes, BytesOf(files));
  return std::make_unique<FhirFiles>(std::move(files), bytes, options);
}

}  // namespace essaim::fhir
