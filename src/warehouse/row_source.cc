#include "warehouse/row_source.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/byte_file.h"

namespace essaim {
namespace {

class CsvSource final : public RowSource {
 public:
  CsvSource(std::unique_ptr<ByteFile> file, CsvQuotes quotes)
      : file_(std::move(file)),
        scanner_([this](std::span<char> buffer) { return file_->Read(buffer); }, quotes) {}

  absl::Status ReadHeader() { return scanner_.ReadHeader(); }

  const std::vector<std::string>& header() const override { return scanner_.header(); }

  absl::StatusOr<CsvScanner::Event> Next() override { return scanner_.Next(); }

  std::span<const std::string_view> cells() const override { return scanner_.cells(); }

  std::string raw() const override { return std::string(scanner_.raw()); }

  std::string raw_header() const override { return scanner_.raw_header(); }

  std::string_view reason() const override { return scanner_.reason(); }

  std::uint64_t line() const override { return scanner_.line(); }

  std::uint64_t bytes_done() const override { return scanner_.bytes_read(); }

  std::uint64_t bytes_total() const override { return file_->size(); }

  std::string Sha256Hex() override { return file_->Sha256Hex(); }

 private:
  std::unique_ptr<ByteFile> file_;
  CsvScanner scanner_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowSource>> OpenRowSource(const std::string& path, Log* log,
                                                         CsvQuotes quotes) {
  if (absl::EndsWithIgnoreCase(path, ".parquet")) return OpenParquet(path, log);
  if (!absl::EndsWithIgnoreCase(path, ".csv") && !absl::EndsWithIgnoreCase(path, ".tsv") &&
      !absl::EndsWithIgnoreCase(path, ".txt")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": unknown kind of file, expected .csv, .tsv, .txt or .parquet"));
  }
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<ByteFile> file, ByteFile::Open(path));
  auto source = std::make_unique<CsvSource>(std::move(file), quotes);
  if (const absl::Status status = source->ReadHeader(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  return source;
}

}  // namespace essaim
