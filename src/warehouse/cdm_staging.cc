#include "warehouse/cdm_staging.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/extensions.h"
#include "omop/free_text.h"
#include "warehouse/cdm_cell.h"

namespace essaim {
namespace {

constexpr std::size_t kWaitingBytesMax = std::size_t{4} << 20;  // of one table
constexpr std::size_t kRawCharactersMax = 1'000'000;            // essaim_rejected.raw
constexpr std::uint64_t kRejectedMax = 1'000'000;
constexpr std::uint64_t kRowsPerProgress = 1 << 16;

// Cut where a character of UTF-8 begins.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kRawCharactersMax) return text;
  std::size_t end = kRawCharactersMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string CellsAsText(std::span<const std::optional<std::string_view>> cells) {
  std::vector<std::string_view> texts;
  for (const auto& cell : cells) texts.push_back(cell.value_or(""));
  return absl::StrJoin(texts, "\t",
                       [](std::string* out, std::string_view t) { absl::StrAppend(out, Av(t)); });
}

}  // namespace

std::string ColumnsOf(const CdmTable& table) {
  std::vector<std::string> names;
  for (const CdmField& field : table.fields) names.push_back(SqlName(field));
  return absl::StrJoin(names, ", ");
}

std::string DefinitionsOf(const CdmTable& table, const SqlDialect& dialect) {
  std::vector<std::string> parts;
  for (const CdmField& field : table.fields) {
    // Sealed, a text is longer than the field holds.
    const int length = IsFreeText(table, field) ? 0 : field.length;
    parts.push_back(absl::StrCat(SqlName(field), " ", dialect.Type(field.type, length)));
  }
  return absl::StrJoin(parts, ", ");
}

CdmStaging::CdmStaging(SqlEngine& engine, const CdmLoadOptions& options, SameKey same_key,
                       std::uint64_t bytes_total, CdmLoadReport& report)
    : engine_(engine),
      options_(options),
      same_key_(same_key),
      report_(report),
      number_(absl::StrCat(report.number)),
      protection_(options.free_text, options.date_shift) {
  progress_.bytes_total = bytes_total;
  waiting_["essaim_rejected"].columns = {"number", "file", "line",      "field",
                                         "reason", "raw",  "row_number"};
}

// Rows that have a key can go where they belong: those that they replace are told by the load's
// number, and the last of a key by its place in the table. A copy of each would cost as much as the
// load.
bool CdmStaging::IsDirect(const CdmTable& table) const {
  if (table.PrimaryKey() == nullptr) return false;
  return same_key_ == SameKey::kAllStay ||
         (same_key_ == SameKey::kLastStays && engine_.dialect().NumbersRowsAsAdded());
}

absl::Status CdmStaging::MakeStaged(const CdmTable& table) {
  const bool direct = IsDirect(table), ordered = !direct && same_key_ != SameKey::kAllStay;
  const std::string name =
      direct ? std::string(table.name) : absl::StrCat("staged_", Av(table.name));
  // An appender is open while it is in use, and a database makes no table meanwhile.
  ESSAIM_RETURN_IF_ERROR(Use(""));
  if (!direct) {
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("CREATE TABLE ", name, " (",
                                                        DefinitionsOf(table, engine_.dialect()),
                                                        ordered ? ", essaim_row BIGINT)" : ")")));
  }
  Waiting& waiting = waiting_[name];
  for (const CdmField& field : table.fields) waiting.columns.push_back(std::string(field.name));
  if (direct) waiting.columns.push_back("essaim_load");
  if (ordered) waiting.columns.push_back("essaim_row");
  staged_[&table] = {};
  return absl::OkStatus();
}

absl::Status CdmStaging::Enter(const CdmTable& table) {
  if (!staged_.contains(&table)) ESSAIM_RETURN_IF_ERROR(MakeStaged(table));
  const bool direct = IsDirect(table);
  const CdmField* key = table.PrimaryKey();
  current_ = {.table = &table,
              .name = direct ? std::string(table.name) : absl::StrCat("staged_", Av(table.name)),
              .key = key == nullptr ? 0 : static_cast<std::size_t>(key - table.fields.data()),
              .direct = direct,
              .staged = &staged_[&table]};
  return absl::OkStatus();
}

absl::Status CdmStaging::Row(const CdmTable& table,
                             std::span<const std::optional<std::string_view>> cells,
                             const RowOrigin& origin) {
  if (current_.table != &table) ESSAIM_RETURN_IF_ERROR(Enter(table));
  if (cells.size() != table.fields.size())
    return absl::InternalError("a row that has not one cell a field");
  cells_.assign(cells.begin(), cells.end());
  buffers_.resize(std::max(buffers_.size(), cells.size() + 1));
  const auto reject = [&](std::string_view field, const char* reason) {
    ++rejected_[&table];
    return Reject({.file = std::string(origin.file),
                   .line = origin.line,
                   .column = std::string(field),
                   .reason = reason},
                  origin.raw == nullptr ? CellsAsText(cells) : (*origin.raw)());
  };
  for (std::size_t f = 0; f < cells.size(); ++f) {
    const CdmField& field = table.fields[f];
    const char* reason =
        cells[f].has_value() ? ReadCdmCell(field, *cells[f], buffers_[f], cells_[f]) : nullptr;
    if (reason == nullptr && field.primary_key && !cells_[f].has_value()) reason = "no key";
    if (reason != nullptr) return reject(field.name, reason);
  }
  const char* unmovable = protection_.MoveDates(table, cells_, buffers_);
  if (unmovable != nullptr) return reject(PersonFieldOf(table)->name, unmovable);
  ESSAIM_RETURN_IF_ERROR(protection_.KeepTexts(table, cells_, buffers_));
  if (current_.direct) {
    if (same_key_ == SameKey::kLastStays) NoteKey(*cells_[current_.key]);
    cells_.push_back(number_);
  } else if (same_key_ != SameKey::kAllStay) {
    buffers_[cells.size()] = absl::StrCat(progress_.rows);
    cells_.push_back(buffers_[cells.size()]);
  }
  ESSAIM_RETURN_IF_ERROR(Put(current_.name, cells_));
  ++current_.staged->n_rows;
  // A source whose files are few and large tells its progress rarely; rows are counted here.
  ++progress_.rows;
  if (progress_.rows % kRowsPerProgress == 0) return Progress(progress_.bytes_done);
  return absl::OkStatus();
}

void CdmStaging::NoteKey(std::string_view text) {
  Staged& staged = *current_.staged;
  if (!staged.keys_grow) return;
  std::int64_t key = 0;
  std::from_chars(text.data(), text.data() + text.size(), key);
  staged.keys_grow = staged.n_rows == 0 || key > staged.last_key;
  staged.last_key = key;
}

absl::Status CdmStaging::Put(const std::string& table,
                             std::span<const std::optional<std::string_view>> cells) {
  if (table == in_use_) return appender_->Row(cells);
  Waiting& waiting = waiting_[table];
  for (const auto& cell : cells) {
    waiting.bytes += sizeof(std::optional<std::string>) + (cell ? cell->size() : 0);
    waiting.cells.push_back(cell ? std::optional(std::string(*cell)) : std::nullopt);
  }
  return waiting.bytes < kWaitingBytesMax ? absl::OkStatus() : Use(table);
}

// Ends the table in use and begins the one of that name with the rows that wait for it.
absl::Status CdmStaging::Use(const std::string& table) {
  if (appender_ != nullptr) {
    ESSAIM_RETURN_IF_ERROR(appender_->Close());
    appender_.reset();
  }
  in_use_ = table;
  if (table.empty()) return absl::OkStatus();
  Waiting& waiting = waiting_[table];
  ESSAIM_ASSIGN_OR_RETURN(appender_, engine_.Append(table, waiting.columns));
  const std::size_t n = waiting.columns.size();
  std::vector<std::optional<std::string_view>> row(n);
  for (std::size_t at = 0; at < waiting.cells.size(); at += n) {
    for (std::size_t c = 0; c < n; ++c) row[c] = waiting.cells[at + c];
    ESSAIM_RETURN_IF_ERROR(appender_->Row(row));
  }
  waiting.cells.clear();
  waiting.bytes = 0;
  return absl::OkStatus();
}

absl::Status CdmStaging::Reject(const BadRow& fault, std::string_view raw) {
  if (options_.on_bad_row == OnBadRow::kStop || options_.whole)
    return absl::InvalidArgumentError(fault.ToString());
  ++rejected_by_file_[fault.file];
  // A file of another kind gives a bad row a line: better to say so than to keep them all.
  if (++n_rejected_ > kRejectedMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(fault.file, ": more than ", kRejectedMax, " bad rows"));
  }
  if (report_.bad_rows.size() < LoadReport::kBadRowsMax) report_.bad_rows.push_back(fault);
  const std::string number = absl::StrCat(report_.number), line = absl::StrCat(fault.line),
                    row_number = absl::StrCat(n_rejected_);
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<std::string> kept, protection_.KeepRaw(Cut(raw)));
  const std::array<std::optional<std::string_view>, 7> cells = {
      number, fault.file, line, fault.column, fault.reason, kept, row_number};
  return Put("essaim_rejected", cells);
}

absl::Status CdmStaging::Remove(const CdmTable& table, std::int64_t key) {
  if (table.PrimaryKey() == nullptr) return absl::InternalError("a table without a key");
  if (same_key_ != SameKey::kLastStaysIfAny)
    return absl::InternalError("a source that takes rows back, which it does not say");
  if (!staged_.contains(&table)) ESSAIM_RETURN_IF_ERROR(MakeStaged(table));
  removed_[&table].push_back({.key = key, .before_row = progress_.rows});
  return absl::OkStatus();
}

absl::Status CdmStaging::MergePersons(std::int64_t from, std::int64_t into) {
  if (from != into) said_.persons.emplace_back(from, into);
  return absl::OkStatus();
}

absl::Status CdmStaging::JoinVisits(std::int64_t from, std::int64_t into) {
  if (from != into) said_.visits.emplace_back(from, into);
  return absl::OkStatus();
}

absl::Status CdmStaging::MoveVisit(std::int64_t visit, std::int64_t from, std::int64_t into) {
  if (from != into) said_.moves.push_back({.visit = visit, .from = from, .into = into});
  return absl::OkStatus();
}

absl::Status CdmStaging::Progress(std::uint64_t bytes_done) {
  progress_.bytes_done = std::min(bytes_done, progress_.bytes_total);
  if (options_.progress && !options_.progress(progress_)) return absl::CancelledError("cancelled");
  return absl::OkStatus();
}

void CdmStaging::Header(std::string_view path, std::string_view text) {
  headers_[std::string(path)] = std::string(text);
}

void CdmStaging::EndFile(std::string_view path, std::string_view sha256_hex, std::uint64_t n_read) {
  const auto at = rejected_by_file_.find(path);
  const auto header = headers_.find(path);
  report_.files.push_back({.path = std::string(path),
                           .sha256 = std::string(sha256_hex),
                           .header = header == headers_.end() ? "" : header->second,
                           .n_read = n_read,
                           .n_rejected = at == rejected_by_file_.end() ? 0 : at->second});
}

void CdmStaging::Notice(std::string text) {
  constexpr std::size_t kNoticesMax = 1'000;
  if (report_.notices.size() < kNoticesMax) report_.notices.push_back(std::move(text));
}

absl::Status CdmStaging::Finish() {
  std::vector<std::string> names;
  for (const auto& [name, waiting] : waiting_) {
    if (!waiting.cells.empty()) names.push_back(name);
  }
  for (const std::string& name : names) ESSAIM_RETURN_IF_ERROR(Use(name));
  ESSAIM_RETURN_IF_ERROR(Use(""));
  if (protection_.n_left_out() > 0)
    Notice(absl::StrCat("texts that are not kept: ", protection_.n_left_out(), ", because ",
                        options_.free_text.why));
  for (const CdmTable* table : LoadedTables()) {
    const auto staged = staged_.find(table);
    if (staged == staged_.end()) continue;
    report_.tables.push_back({.table = std::string(table->name),
                              .n_loaded = staged->second.n_rows,
                              .n_rejected = rejected_[table]});
  }
  return absl::OkStatus();
}

}  // namespace essaim
