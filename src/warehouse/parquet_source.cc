#include <duckdb.hpp>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/byte_file.h"
#include "warehouse/database.h"
#include "warehouse/expression_sql.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

using Event = CsvScanner::Event;

constexpr char kReading[] = "reading a Parquet file";
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

std::string CsvLine(std::span<const std::string_view> cells) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (c > 0) line += ',';
    const bool plain = cells[c].find_first_of(",;\t\"\r\n") == std::string_view::npos;
    absl::StrAppend(&line, plain ? "" : "\"", absl::StrReplaceAll(Av(cells[c]), {{"\"", "\"\""}}),
                    plain ? "" : "\"");
  }
  return line;
}

// A database of its own, in memory, that reaches this one file and nothing else. Cells come as
// text, so that one set of checks serves every format.
class ParquetSource final : public RowSource {
 public:
  ParquetSource(std::string sha256, std::uint64_t bytes, Log* log)
      : sha256_(std::move(sha256)), bytes_(bytes), log_(log) {}

  absl::Status Start(const std::string& path) {
    return NoThrow(kReading, log_, [&]() -> absl::Status {
      database_ = std::make_unique<duckdb::DuckDB>(nullptr);
      connection_ = std::make_unique<duckdb::Connection>(*database_);
      for (const std::string& setting :
           {std::string("SET threads=1"), std::string("SET memory_limit='1GiB'"),
            std::string("SET temp_directory=''"),
            std::string("SET autoinstall_known_extensions=false"),
            std::string("SET autoload_known_extensions=false"),
            absl::StrCat("SET allowed_paths=[", SqlText(path), "]"),
            std::string("SET enable_external_access=false"),
            std::string("SET lock_configuration=true")}) {
        ESSAIM_RETURN_IF_ERROR(Run(*connection_, setting, kReading, log_));
      }
      result_ = connection_->SendQuery(
          absl::StrCat("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(", SqlText(path),
                       ", file_row_number=false, hive_partitioning=false)"));
      if (result_->HasError()) {
        (void)FromDatabase(kReading, result_->GetErrorObject(), log_);
        return absl::InvalidArgumentError(absl::StrCat(path, ": not a readable Parquet file"));
      }
      header_.assign(result_->names.begin(), result_->names.end());
      cells_.resize(header_.size());
      return absl::OkStatus();
    });
  }

  const std::vector<std::string>& header() const override { return header_; }

  absl::StatusOr<Event> Next() override {
    return NoThrow(kReading, log_, [&]() -> absl::StatusOr<Event> {
      if (chunk_ == nullptr || at_ == chunk_->size()) {
        chunk_ = result_->Fetch();
        if (result_->HasError()) return FromDatabase(kReading, result_->GetErrorObject(), log_);
        if (chunk_ == nullptr || chunk_->size() == 0) return Event::kEnd;
        chunk_->Flatten();
        at_ = 0;
      }
      for (std::size_t c = 0; c < cells_.size(); ++c) {
        const duckdb::Vector& vector = chunk_->data[c];
        const duckdb::string_t* texts = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
        const bool valid = duckdb::FlatVector::Validity(vector).RowIsValid(at_);
        cells_[c] = valid ? std::string_view(texts[at_].GetData(), texts[at_].GetSize()) : "";
      }
      ++at_;
      ++row_;
      return Event::kRow;
    });
  }

  std::span<const std::string_view> cells() const override { return cells_; }

  // As CSV, whatever is in the cells.
  std::string raw() const override { return CsvLine(cells_); }

  std::string raw_header() const override {
    return CsvLine(std::vector<std::string_view>(header_.begin(), header_.end()));
  }

  std::string_view reason() const override { return ""; }

  std::uint64_t line() const override { return row_; }

  std::uint64_t bytes_done() const override { return chunk_ == nullptr ? 0 : bytes_ / 2; }

  std::uint64_t bytes_total() const override { return bytes_; }

  std::string Sha256Hex() override { return sha256_; }

 private:
  std::string sha256_;
  std::uint64_t bytes_;
  Log* log_;
  std::unique_ptr<duckdb::DuckDB> database_;
  std::unique_ptr<duckdb::Connection> connection_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
  std::vector<std::string> header_;
  std::vector<std::string_view> cells_;
  std::size_t at_ = 0;
  std::uint64_t row_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowSource>> OpenParquet(const std::string& path, Log* log) {
  if (path.find_first_of("*?[{") != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": patterns are not expanded, expected one file"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<ByteFile> file, ByteFile::Open(path));
  std::vector<char> piece(kPieceBytes);
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, file->Read(piece));
    if (n == 0) break;
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return absl::NotFoundError(absl::StrCat("no such file: ", path));
  auto source = std::make_unique<ParquetSource>(file->Sha256Hex(), file->size(), log);
  ESSAIM_RETURN_IF_ERROR(source->Start(absolute.string()));
  return source;
}

}  // namespace essaim
