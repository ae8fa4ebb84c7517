#include "fhir/fhir_files.h"

#include <filesystem>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "fhir/mapper.h"
#include "source/gz_file.h"
#include "source/input_files.h"
#include "source/line_reader.h"
#include "source/recognised.h"

namespace essaim::fhir {
namespace {

constexpr std::uint64_t kUnitsPerProgress = 4'096;

bool IsLines(const std::string& path) {
  return absl::EndsWith(path, ".ndjson") || absl::EndsWith(path, ".ndjson.gz");
}

bool IsDocument(const std::string& path) {
  return absl::EndsWith(path, ".json") || absl::EndsWith(path, ".json.gz");
}

// Also of JSON that is broken elsewhere.
bool HasType(std::string_view text) {
  return text.find("\"resourceType\"") != std::string_view::npos;
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
    Recognised recognised("resources of FHIR R4, JSON with a resourceType");
    for (const std::string& path : paths_) {
      n_read_ = 0;
      found_ = false;
      ESSAIM_ASSIGN_OR_RETURN(const std::string hash, IsLines(path)
                                                          ? ReadLines(path, mapper, sink)
                                                          : ReadDocument(path, mapper, sink));
      if (found_ || n_read_ > 0) recognised.File(path, found_);
      sink.EndFile(path, hash, n_read_);
      std::error_code error;
      bytes_before_ += std::filesystem::file_size(path, error);
      ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_));
    }
    ESSAIM_RETURN_IF_ERROR(recognised.Check());
    for (const auto& [type, n] : mapper.unmapped())
      sink.Notice(absl::StrCat("not in the CDM: ", n, " resources of the type ", type));
    return absl::OkStatus();
  }

 private:
  // These give the file's hash.
  absl::StatusOr<std::string> ReadLines(const std::string& path, Mapper& mapper, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(const auto lines, LineReader::Open(path, kResourceBytesMax));
    static_assert(LineReader::kPadding >= JsonDocument::kPadding);
    std::string_view line;
    const std::function<std::string()> raw = [&line] { return std::string(line); };
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(const bool more, lines->Next(line));
      if (!more) return lines->Sha256Hex();
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
      if (line.empty()) continue;
      found_ = found_ || HasType(line);
      if (++n_read_ % kUnitsPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_ + lines->offset()));
      const RowOrigin origin{.file = path, .line = lines->n_lines(), .raw = &raw};
      ESSAIM_RETURN_IF_ERROR(document_.Parse(line) ? mapper.Map(document_.root(), origin)
                                                   : RejectText(origin, line, sink));
    }
  }

  absl::Status RejectText(const RowOrigin& origin, std::string_view text, CdmSink& sink) {
    return sink.Reject({.file = std::string(origin.file),
                        .line = origin.line,
                        .column = "",
                        .reason = absl::StrCat("no JSON: ", document_.fault())},
                       text);
  }

  static absl::StatusOr<std::string> ReadWhole(const std::string& path, GzFile& file) {
    std::string text(std::size_t{1} << 20, '\0');
    std::size_t size = 0;
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(
          const std::size_t n,
          file.Read(text.data() + size, text.size() - size - JsonDocument::kPadding));
      size += n;
      if (n == 0) break;
      if (size > kDocumentBytesMax)
        return absl::ResourceExhaustedError(
            absl::StrCat(path, ": larger than ", kDocumentBytesMax >> 20,
                         " MiB; give bulk data as .ndjson, one resource a line"));
      if (text.size() - size < (std::size_t{1} << 18)) text.resize(2 * text.size());
    }
    text.resize(size);
    text.reserve(size + JsonDocument::kPadding);
    return text;
  }

  absl::StatusOr<std::string> ReadDocument(const std::string& path, Mapper& mapper, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(const auto file, GzFile::Open(path));
    ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadWhole(path, *file));
    n_read_ = 1;
    found_ = HasType(text);
    if (!document_.Parse(text)) {
      ESSAIM_RETURN_IF_ERROR(RejectText({.file = path, .line = 1}, text, sink));
    } else if (document_.root()["resourceType"].Text() != "Bundle") {
      ESSAIM_RETURN_IF_ERROR(mapper.Map(document_.root(), {.file = path, .line = 1}));
    } else {
      n_read_ = 0;
      ESSAIM_RETURN_IF_ERROR(ReadBundle(path, document_.root()["entry"], mapper));
    }
    return file->compressed() ? HashOfFile(path) : ToHex(crypto::Sha256(text));
  }

  absl::Status ReadBundle(const std::string& path, Node entries, Mapper& mapper) {
    mapper.ClearNames();
    for (const Node entry : entries.Items())
      mapper.SetName(entry["fullUrl"].Text(), entry["resource"]["id"].Text());
    for (const Node entry : entries.Items()) {
      ++n_read_;
      const Node resource = entry["resource"];
      const std::function<std::string()> raw = [resource] { return OnOneLine(resource); };
      // A bundle has no lines worth naming: the entry's number, from 1.
      ESSAIM_RETURN_IF_ERROR(mapper.Map(resource, {.file = path, .line = n_read_, .raw = &raw},
                                        entry["fullUrl"].Text()));
    }
    mapper.ClearNames();
    return absl::OkStatus();
  }

  // To be loaded again as a line of bulk data.
  static std::string OnOneLine(Node resource) {
    const std::string_view text = resource.Raw();
    std::string line(text.size() + JsonDocument::kPadding, '\0');
    std::size_t size = 0;
    if (simdjson::minify(text.data(), text.size(), line.data(), size) != simdjson::SUCCESS)
      size = 0;
    line.resize(size);
    return line;
  }

  std::vector<std::string> paths_;
  std::uint64_t bytes_, bytes_before_ = 0, n_read_ = 0;
  bool found_ = false;  // a resource in the file in hand
  FhirOptions options_;
  JsonDocument document_{kDocumentBytesMax};
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
