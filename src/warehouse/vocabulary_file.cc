#include "warehouse/vocabulary_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/cdm_cell.h"

namespace essaim {
namespace {

constexpr std::uint64_t kRejectedMax = 1'000'000;

}  // namespace

absl::Status VocabularyReader::Open(std::uint64_t bytes_done, std::uint64_t lines_done,
                                    CdmLoadReport& report) {
  ESSAIM_ASSIGN_OR_RETURN(bytes_, ByteFile::Open(file_.path));
  const auto scan = [&] {
    return std::make_unique<CsvScanner>(
        [this](std::span<char> buffer) -> absl::StatusOr<std::size_t> {
          if (header_again_.empty()) return bytes_->Read(buffer);
          const std::size_t n = std::min(buffer.size(), header_again_.size());
          std::memcpy(buffer.data(), header_again_.data(), n);
          header_again_.erase(0, n);
          return n;
        },
        CsvQuotes::kTextIfTabs);
  };
  scanner_ = scan();
  absl::Status header = scanner_->ReadHeader();
  file_.header = scanner_->raw_header();
  if (header.ok() && bytes_done > 0) {
    // The header once more, and then from the middle on.
    header_again_ = file_.header + "\n";
    bytes_before_ = bytes_done - header_again_.size();
    lines_before_ = lines_done - 1;
    scanner_ = scan();
    ESSAIM_RETURN_IF_ERROR(bytes_->SkipTo(bytes_done));
    header = scanner_->ReadHeader();
  }
  if (!header.ok())
    return absl::Status(header.code(), absl::StrCat(file_.path, ": ", header.message()));
  bytes_done_ = bytes_done;
  lines_done_ = lines_done;
  return FindColumns(report);
}

absl::Status VocabularyReader::FindColumns(CdmLoadReport& report) {
  const CdmTable& table = *file_.table;
  positions_.assign(table.fields.size(), -1);
  buffers_.resize(table.fields.size());
  cells_.resize(table.fields.size() + 1);
  for (std::size_t c = 0; c < scanner_->header().size(); ++c) {
    const CdmField* field = table.Field(absl::AsciiStrToLower(scanner_->header()[c]));
    if (field == nullptr) {
      report.notices.push_back(
          absl::StrCat("not in the CDM: ", file_.path, ": column '", scanner_->header()[c], "'"));
      continue;
    }
    positions_[static_cast<std::size_t>(field - table.fields.data())] = static_cast<int>(c);
  }
  for (std::size_t f = 0; f < positions_.size(); ++f) {
    columns_.push_back(std::string(table.fields[f].name));
    if (positions_[f] >= 0 || !table.fields[f].required) continue;
    return absl::InvalidArgumentError(absl::StrCat(file_.path, ": line 1: no column '",
                                                   Av(table.fields[f].name),
                                                   "'; a file of Athena's download was expected"));
  }
  columns_.push_back("essaim_load");
  return absl::OkStatus();
}

absl::Status VocabularyReader::Piece(std::uint64_t n_rows, CdmLoadReport& report) {
  n_piece_ = 0;
  ESSAIM_ASSIGN_OR_RETURN(
      const std::unique_ptr<SqlAppender> rows,
      engine_.Append(absl::StrCat("essaim_next_", Av(file_.table->name)), columns_));
  while (true) {
    const absl::StatusOr<CsvScanner::Event> event = scanner_->Next();
    if (!event.ok())
      return absl::Status(event.status().code(),
                          absl::StrCat(file_.path, ": ", event.status().message()));
    is_done_ = *event == CsvScanner::Event::kEnd;
    if (is_done_) break;
    ++file_.n_read;
    ++n_piece_;
    if (*event == CsvScanner::Event::kBad) {
      ESSAIM_RETURN_IF_ERROR(Reject("", scanner_->reason(), report));
      continue;
    }
    ESSAIM_RETURN_IF_ERROR(Take(*rows, report));
    // After a row, the place where the next begins is known.
    if (n_piece_ >= n_rows) break;
  }
  bytes_done_ = is_done_ ? file_.bytes : bytes_before_ + scanner_->bytes_used();
  lines_done_ = lines_before_ + scanner_->line();
  ESSAIM_RETURN_IF_ERROR(rows->Close());
  return WriteRejected();
}

absl::Status VocabularyReader::Take(SqlAppender& rows, CdmLoadReport& report) {
  const std::span<const std::string_view> row = scanner_->cells();
  for (std::size_t f = 0; f < positions_.size(); ++f) {
    cells_[f] = std::nullopt;
    const CdmField& field = file_.table->fields[f];
    const char* reason = positions_[f] < 0
                             ? nullptr
                             : ReadCdmCell(field, row[static_cast<std::size_t>(positions_[f])],
                                           buffers_[f], cells_[f]);
    if (reason == nullptr && field.primary_key && !cells_[f].has_value()) reason = "no key";
    if (reason != nullptr) return Reject(field.name, reason, report);
  }
  cells_.back() = "0";
  return rows.Row(cells_);
}

absl::Status VocabularyReader::Reject(std::string_view field, std::string_view reason,
                                      CdmLoadReport& report) {
  if (++file_.n_rejected > kRejectedMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(file_.path, ": more than ", kRejectedMax, " bad rows"));
  }
  const std::uint64_t line = lines_before_ + scanner_->line();
  ESSAIM_ASSIGN_OR_RETURN(std::optional<std::string> raw, protection_.KeepRaw(scanner_->raw()));
  rejected_.push_back(
      {absl::StrCat(line), std::string(field), std::string(reason), std::move(raw)});
  if (report.bad_rows.size() < LoadReport::kBadRowsMax)
    report.bad_rows.push_back({.file = file_.path,
                               .line = line,
                               .column = std::string(field),
                               .reason = std::string(reason)});
  return absl::OkStatus();
}

absl::Status VocabularyReader::WriteRejected() {
  if (rejected_.empty()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<SqlAppender> rows,
                          engine_.Append("essaim_next_rejected",
                                         {"cdm_table", "file", "line", "field", "reason", "raw"}));
  for (const Rejected& r : rejected_) {
    const std::array<std::optional<std::string_view>, 6> cells = {
        file_.table->name, file_.path, r.line, r.field, r.reason, r.raw};
    ESSAIM_RETURN_IF_ERROR(rows->Row(cells));
  }
  rejected_.clear();
  return rows->Close();
}

}  // namespace essaim
