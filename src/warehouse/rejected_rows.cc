#include "warehouse/rejected_rows.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "warehouse/row_source.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

constexpr std::size_t kRowsMax = 1'000'000;

constexpr char kPlace[] = "number, row_number, file, line, field, reason";
constexpr char kOpen[] =
    " FROM essaim_rejected WHERE retried_by IS NULL AND row_number IS NOT NULL";
constexpr char kOrder[] = " ORDER BY number, row_number";

RejectedRow PlaceOf(const std::vector<SqlValue>& row) {
  return {.id = {WholeOf(row[0]), WholeOf(row[1])},
          .fault = {.file = TextOf(row[2]),
                    .line = static_cast<std::uint64_t>(WholeOf(row[3])),
                    .column = TextOf(row[4]),
                    .reason = TextOf(row[5])},
          .raw = ""};
}

std::string Quoted(const std::string& cell) {
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

}  // namespace

std::string TextOfRaw(std::string raw) {
  if (IsCleanUtf8(raw)) return raw;
  std::erase(raw, '\0');
  return Utf8Prefix(raw) == raw.size() ? raw : Utf8OfLatin1(raw);
}

absl::StatusOr<std::vector<RejectedCount>> CountRejected(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT number, file, field, reason, COUNT(*), COUNT(retried_by) FROM "
                   "essaim_rejected GROUP BY number, file, field, reason ORDER BY number, file, "
                   "field, reason"));
  std::vector<RejectedCount> counts;
  for (const auto& row : rows.rows) {
    counts.push_back({.load = WholeOf(row[0]),
                      .file = TextOf(row[1]),
                      .field = TextOf(row[2]),
                      .reason = TextOf(row[3]),
                      .n_rows = static_cast<std::uint64_t>(WholeOf(row[4])),
                      .n_retried = static_cast<std::uint64_t>(WholeOf(row[5]))});
  }
  return counts;
}

absl::StatusOr<std::vector<RejectedRow>> OpenRejected(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine.Query(absl::StrCat("SELECT ", kPlace, kOpen, kOrder)));
  std::vector<RejectedRow> found;
  for (const auto& row : rows.rows) found.push_back(PlaceOf(row));
  return found;
}

absl::StatusOr<std::vector<RejectedRow>> ReadRejected(SqlEngine& engine, const CellCipher& cipher,
                                                      std::int64_t load) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat("SELECT ", kPlace, ", raw", kOpen,
                                load == 0 ? "" : absl::StrCat(" AND number = ", load), kOrder)));
  std::vector<RejectedRow> found;
  for (const auto& row : rows.rows) {
    found.push_back(PlaceOf(row));
    if (std::holds_alternative<std::monostate>(row[6])) continue;
    ESSAIM_ASSIGN_OR_RETURN(std::string raw, cipher.Open(TextOf(row[6])));
    found.back().raw = TextOfRaw(std::move(raw));
  }
  return found;
}

std::string RejectedCsv(const std::vector<RejectedRow>& rows) {
  std::string csv = "load,row,file,line,field,reason,raw\n";
  for (const RejectedRow& r : rows) {
    absl::StrAppend(&csv, r.id.load, ",", r.id.row_number, ",", Quoted(r.fault.file), ",",
                    r.fault.line, ",", Quoted(r.fault.column), ",", Quoted(r.fault.reason), ",",
                    Quoted(r.raw), "\n");
  }
  return csv;
}

absl::StatusOr<std::vector<RejectedRow>> ReadMendedCsv(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<RowSource> source, OpenRowSource(path, nullptr));
  std::array<std::size_t, 3> at{};
  constexpr std::array<const char*, 3> kColumns = {"load", "row", "raw"};
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    const auto& header = source->header();
    const auto found = std::ranges::find(header, kColumns[c]);
    if (found == header.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line 1: no column '", kColumns[c],
                       "'; a file that 'essaim node rejected export' wrote was expected"));
    }
    at[c] = static_cast<std::size_t>(found - header.begin());
  }
  std::vector<RejectedRow> rows;
  while (true) {
    const absl::StatusOr<CsvScanner::Event> event = source->Next();
    if (!event.ok())
      return absl::Status(event.status().code(),
                          absl::StrCat(path, ": ", event.status().message()));
    if (*event == CsvScanner::Event::kEnd) return rows;
    const std::string where = absl::StrCat(path, ":", source->line(), ": ");
    if (*event == CsvScanner::Event::kBad)
      return absl::InvalidArgumentError(absl::StrCat(where, Av(source->reason())));
    RejectedRow row{.id = {0, 0}, .fault = {}, .raw = std::string(source->cells()[at[2]])};
    if (!absl::SimpleAtoi(Av(source->cells()[at[0]]), &row.id.load) ||
        !absl::SimpleAtoi(Av(source->cells()[at[1]]), &row.id.row_number))
      return absl::InvalidArgumentError(
          absl::StrCat(where, "load and row: two numbers were expected, as they were exported"));
    if (rows.size() == kRowsMax)
      return absl::ResourceExhaustedError(absl::StrCat(where, "more than ", kRowsMax, " rows"));
    rows.push_back(std::move(row));
  }
}

}  // namespace essaim
