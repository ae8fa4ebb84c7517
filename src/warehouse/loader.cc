#include "warehouse/loader.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "warehouse/row_reader.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

using Event = CsvScanner::Event;

constexpr std::size_t kBadRowsShown = 20;
constexpr std::uint64_t kRowsPerProgress = 1 << 16;

// Collects rows column by column and hands them to the database a vector at a time.
class RowAppender {
 public:
  RowAppender(duckdb::Connection& connection, const LoadTables& tables, std::size_t n_variables)
      : appender_(connection, tables.database, "main", tables.rows), n_variables_(n_variables) {
    duckdb::vector<duckdb::LogicalType> types(n_variables + 1, duckdb::LogicalType::DOUBLE);
    types[0] = duckdb::LogicalType::BIGINT;
    chunk_.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    Point();
  }

  void Append(std::uint64_t row, const std::vector<double>& values) {
    rows_[n_] = static_cast<std::int64_t>(row);
    for (std::size_t v = 0; v < n_variables_; ++v) {
      columns_[v][n_] = values[v];
      if (std::isnan(values[v])) {
        duckdb::FlatVector::SetNull(chunk_.data[v + 1], n_, true);
      }
    }
    if (++n_ == STANDARD_VECTOR_SIZE) Flush();
  }

  void Close() {
    Flush();
    appender_.Close();
  }

 private:
  void Point() {
    rows_ = duckdb::FlatVector::GetData<std::int64_t>(chunk_.data[0]);
    columns_.clear();
    for (std::size_t v = 0; v < n_variables_; ++v) {
      columns_.push_back(duckdb::FlatVector::GetData<double>(chunk_.data[v + 1]));
    }
  }

  void Flush() {
    if (n_ == 0) return;
    chunk_.SetCardinality(n_);
    appender_.AppendDataChunk(chunk_);
    chunk_.Reset();
    Point();
    n_ = 0;
  }

  duckdb::Appender appender_;
  duckdb::DataChunk chunk_;
  std::size_t n_variables_;
  std::int64_t* rows_ = nullptr;
  std::vector<double*> columns_;
  std::size_t n_ = 0;
};

class Loader {
 public:
  Loader(duckdb::Connection& connection, const LoadTables& tables, const LoadRequest& request,
         const SchemaFile& schema, Log* log)
      : request_(request),
        schema_(schema),
        log_(log),
        rows_(connection, tables, schema.schema.size()),
        quarantine_(connection, tables.database, "main", tables.quarantine),
        values_(schema.schema.size()) {}

  absl::StatusOr<LoadReport> Load() {
    report_.dataset = request_.dataset;
    std::vector<std::unique_ptr<RowSource>> sources;
    for (const std::string& path : request_.files) {
      ESSAIM_ASSIGN_OR_RETURN(auto source, OpenRowSource(path, log_));
      progress_.bytes_total += source->bytes_total();
      sources.push_back(std::move(source));
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
      ESSAIM_RETURN_IF_ERROR(LoadFile(request_.files[i], *sources[i]));
    }
    ESSAIM_RETURN_IF_ERROR(CheckBadRows());
    rows_.Close();
    quarantine_.Close();
    report_.ignored_columns.assign(ignored_.begin(), ignored_.end());
    report_.load_id = LoadId();
    return std::move(report_);
  }

 private:
  absl::Status LoadFile(const std::string& path, RowSource& source) {
    auto reader = RowReader::Make(schema_, source.header());
    if (!reader.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", reader.status().message()));
    }
    ignored_.insert(reader->ignored_columns().begin(), reader->ignored_columns().end());
    const std::uint64_t before = report_.n_read;
    const std::uint64_t bytes_before = progress_.bytes_done;
    while (true) {
      const auto event = source.Next();
      if (!event.ok()) {
        return absl::Status(event.status().code(),
                            absl::StrCat(path, ": ", event.status().message()));
      }
      if (*event == Event::kEnd) break;
      if (report_.n_read++ >= limits::kPersonsMax) {
        return absl::InvalidArgumentError(absl::StrCat(path, ": too many rows"));
      }
      if (*event == Event::kBad) {
        Reject(source, {path, source.line(), "", std::string(source.reason())});
      } else if (reader->Read(source.cells(), values_)) {
        rows_.Append(report_.n_loaded++, values_);
      } else {
        Reject(source, {path, source.line(), reader->bad_column(), reader->bad_reason()});
      }
      if (report_.n_read % kRowsPerProgress == 0) {
        progress_.bytes_done = bytes_before + source.bytes_done();
        ESSAIM_RETURN_IF_ERROR(Tell());
      }
    }
    progress_.bytes_done = bytes_before + source.bytes_total();
    report_.files.push_back({path, source.Sha256Hex(), report_.n_read - before});
    return Tell();
  }

  absl::Status Tell() {
    progress_.rows = report_.n_read;
    if (request_.progress == nullptr || request_.progress(progress_)) return absl::OkStatus();
    return absl::CancelledError("the load was cancelled; the data are as they were");
  }

  void Reject(const RowSource& source, BadRow bad) {
    ++n_bad_;
    if (request_.on_bad_row == OnBadRow::kQuarantine) {
      ++report_.n_quarantined;
      // Raw bytes that are not text are kept as hexadecimal: nothing is lost.
      const std::string raw = source.raw();
      const std::string kept = IsCleanUtf8(raw) ? raw : absl::StrCat("hex:", ToHex(raw));
      quarantine_.BeginRow();
      quarantine_.Append(duckdb::Value(bad.file));
      quarantine_.Append(static_cast<std::int64_t>(bad.line));
      quarantine_.Append(duckdb::Value(bad.column));
      quarantine_.Append(duckdb::Value(bad.reason));
      quarantine_.Append(duckdb::Value(kept));
      quarantine_.EndRow();
    }
    if (report_.bad_rows.size() < LoadReport::kBadRowsMax) {
      report_.bad_rows.push_back(std::move(bad));
    }
  }

  absl::Status CheckBadRows() const {
    if (n_bad_ == 0 || request_.on_bad_row == OnBadRow::kQuarantine) return absl::OkStatus();
    std::string message = absl::StrCat(n_bad_, n_bad_ == 1 ? " row" : " rows",
                                       " cannot be loaded; the data are as they were");
    for (std::size_t i = 0; i < std::min(report_.bad_rows.size(), kBadRowsShown); ++i) {
      absl::StrAppend(&message, "\n", report_.bad_rows[i].ToString());
    }
    if (n_bad_ > kBadRowsShown) {
      absl::StrAppend(&message, "\n... and ", n_bad_ - kBadRowsShown, " more");
    }
    return absl::InvalidArgumentError(message);
  }

  // Of contents, not of paths or time: the same load twice has the same id.
  std::string LoadId() const {
    ByteWriter writer;
    writer.Bytes(request_.dataset);
    writer.Bytes(request_.schema_yaml);
    writer.U8(request_.on_bad_row == OnBadRow::kStop ? 0 : 1);
    for (const LoadedFile& file : report_.files) writer.Bytes(file.sha256);
    return ToHex(crypto::HashOf("essaim.v1.load", {writer.bytes()}));
  }

  const LoadRequest& request_;
  const SchemaFile& schema_;
  Log* log_;
  RowAppender rows_;
  duckdb::Appender quarantine_;
  std::vector<double> values_;
  std::set<std::string> ignored_;
  std::uint64_t n_bad_ = 0;
  LoadProgress progress_;
  LoadReport report_;
};

}  // namespace

absl::StatusOr<LoadReport> LoadFiles(duckdb::Connection& connection, const LoadTables& tables,
                                     const LoadRequest& request, const SchemaFile& schema,
                                     Log* log) {
  return Loader(connection, tables, request, schema, log).Load();
}

}  // namespace essaim
