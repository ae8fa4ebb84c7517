#include "warehouse/omop_loader.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "warehouse/cdm_cell.h"
#include "warehouse/expression_sql.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

constexpr std::uint64_t kRowsPerProgress = 1 << 16;

// Fields of 5.3 that have another name in 5.4.
constexpr struct {
  std::string_view table, before, now;
} kRenamed[] = {
    {"visit_occurrence", "admitting_source_concept_id", "admitted_from_concept_id"},
    {"visit_occurrence", "admitting_source_value", "admitted_from_source_value"},
    {"visit_occurrence", "discharge_to_concept_id", "discharged_to_concept_id"},
    {"visit_occurrence", "discharge_to_source_value", "discharged_to_source_value"},
    {"visit_detail", "admitting_source_concept_id", "admitted_from_concept_id"},
    {"visit_detail", "admitting_source_value", "admitted_from_source_value"},
    {"visit_detail", "discharge_to_concept_id", "discharged_to_concept_id"},
    {"visit_detail", "discharge_to_source_value", "discharged_to_source_value"},
    {"visit_detail", "visit_detail_parent_id", "parent_visit_detail_id"},
};

std::string Columns(const CdmTable& table) {
  std::vector<std::string> names;
  for (const CdmField& field : table.fields) names.push_back(SqlName(field));
  return absl::StrJoin(names, ", ");
}

std::string Definitions(const CdmTable& table, const SqlDialect& dialect) {
  std::vector<std::string> parts;
  for (const CdmField& field : table.fields)
    parts.push_back(absl::StrCat(SqlName(field), " ", dialect.Type(field.type, field.length)));
  return absl::StrJoin(parts, ", ");
}

struct Input {
  const CdmTable* table;
  std::string path;
};

// The files behind the paths, table by table, each table's in the order of their names.
absl::StatusOr<std::vector<Input>> InputsOf(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<Input> inputs;
  for (const std::string& path : paths) {
    std::error_code error;
    std::vector<std::string> files = {path};
    const bool is_folder = fs::is_directory(path, error);
    if (is_folder) {
      files.clear();
      for (const auto& entry : fs::directory_iterator(path, error))
        files.push_back(entry.path().string());
      if (error) return absl::UnavailableError(absl::StrCat(path, ": cannot be listed"));
    }
    std::ranges::sort(files);
    for (const std::string& file : files) {
      const std::string stem = absl::AsciiStrToLower(fs::path(file).stem().string());
      const CdmTable* table = FindCdmTable(stem);
      if (table != nullptr) {
        inputs.push_back({table, file});
      } else if (!is_folder) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": no table of the CDM 5.4 is called '", stem, "'"));
      }
    }
    if (is_folder && inputs.empty())
      return absl::NotFoundError(absl::StrCat(path, ": no file named after a table of the CDM"));
  }
  std::ranges::stable_sort(inputs, {}, [](const Input& i) { return i.table - CdmTables().data(); });
  return inputs;
}

// One load, within the caller's transaction.
class Load {
 public:
  Load(SqlEngine& engine, const OmopLoadRequest& request, Log* log, OmopLoadReport& report)
      : engine_(engine), request_(request), log_(log), report_(report) {}

  absl::Status Run(const std::vector<Input>& inputs) {
    std::map<const CdmTable*, std::vector<std::string>> by_table;
    for (const Input& input : inputs) {
      std::error_code error;
      const std::uintmax_t size = std::filesystem::file_size(input.path, error);
      if (error) return absl::NotFoundError(absl::StrCat(input.path, ": no such file"));
      progress_.bytes_total += size;
      by_table[input.table].push_back(input.path);
    }
    for (const CdmTable& table : CdmTables()) {
      const auto at = by_table.find(&table);
      if (at == by_table.end()) continue;
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(
          absl::StrCat("CREATE TABLE staged (", Definitions(table, engine_.dialect()), ")")));
      for (const std::string& path : at->second) ESSAIM_RETURN_IF_ERROR(Stage(table, path));
      ESSAIM_RETURN_IF_ERROR(Merge(table));
      ESSAIM_RETURN_IF_ERROR(engine_.Execute("DROP TABLE staged"));
    }
    return absl::OkStatus();
  }

 private:
  // Where each field of the table stands in the file, -1 if it does not.
  absl::StatusOr<std::vector<int>> Positions(const CdmTable& table, const std::string& path,
                                             const std::vector<std::string>& header) {
    std::vector<int> positions(table.fields.size(), -1);
    for (std::size_t c = 0; c < header.size(); ++c) {
      std::string name = absl::AsciiStrToLower(header[c]);
      for (const auto& [in, before, now] : kRenamed) {
        if (in != table.name || before != name) continue;
        report_.changes.push_back(absl::StrCat(Av(in), ".", name, " -> ", Av(now)));
        name = std::string(now);
      }
      const CdmField* field = table.Field(name);
      if (field == nullptr) {
        report_.ignored.push_back(absl::StrCat(path, ": column '", name, "'"));
        continue;
      }
      int& position = positions[static_cast<std::size_t>(field - table.fields.data())];
      if (position >= 0)
        return absl::InvalidArgumentError(absl::StrCat(path, ": column '", name, "' twice"));
      position = static_cast<int>(c);
    }
    const CdmField* key = table.PrimaryKey();
    if (key != nullptr && positions[static_cast<std::size_t>(key - table.fields.data())] < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line 1: no column '", Av(key->name), "'"));
    }
    return positions;
  }

  absl::Status Stage(const CdmTable& table, const std::string& path) {
    ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<RowSource> source, OpenRowSource(path, log_));
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<int> positions,
                            Positions(table, path, source->header()));
    OmopTableReport file{.table = std::string(table.name), .path = path, .sha256 = ""};
    std::vector<std::string> names;
    for (const CdmField& field : table.fields) names.push_back(std::string(field.name));
    std::vector<BadRow> bad;
    std::vector<std::string> raw;
    ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<SqlAppender> appender,
                            engine_.Append("staged", names));
    std::vector<std::optional<std::string_view>> cells(names.size());
    std::vector<std::string> buffers(names.size());
    while (true) {
      const absl::StatusOr<CsvScanner::Event> event = source->Next();
      if (!event.ok()) {
        return absl::Status(event.status().code(),
                            absl::StrCat(path, ": ", event.status().message()));
      }
      if (*event == CsvScanner::Event::kEnd) break;
      ++file.n_read;
      BadRow fault{.file = path, .line = source->line()};
      if (*event == CsvScanner::Event::kBad) {
        fault.reason = std::string(source->reason());
      } else {
        ReadRow(table, positions, source->cells(), cells, buffers, fault);
      }
      if (!fault.reason.empty()) {
        if (request_.on_bad_row == OnBadRow::kStop)
          return absl::InvalidArgumentError(fault.ToString());
        ++file.n_rejected;
        ESSAIM_RETURN_IF_ERROR(CheckRejected(file));
        raw.push_back(source->raw());
        bad.push_back(std::move(fault));
      } else {
        ESSAIM_RETURN_IF_ERROR(appender->Row(cells));
        ++file.n_loaded;
      }
      if (file.n_read % kRowsPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(Tell(source->bytes_done(), file.n_read));
    }
    ESSAIM_RETURN_IF_ERROR(appender->Close());
    bytes_before_ += source->bytes_total();
    rows_before_ += file.n_read;
    ESSAIM_RETURN_IF_ERROR(Tell(0, 0));
    file.sha256 = source->Sha256Hex();
    report_.tables.push_back(std::move(file));
    return Reject(bad, raw);
  }

  static void ReadRow(const CdmTable& table, const std::vector<int>& positions,
                      std::span<const std::string_view> row,
                      std::vector<std::optional<std::string_view>>& cells,
                      std::vector<std::string>& buffers, BadRow& fault) {
    for (std::size_t f = 0; f < cells.size(); ++f) {
      cells[f] = std::nullopt;
      if (positions[f] < 0) continue;
      const CdmField& field = table.fields[f];
      const char* reason =
          ReadCdmCell(field, row[static_cast<std::size_t>(positions[f])], buffers[f], cells[f]);
      if (reason == nullptr && field.primary_key && !cells[f].has_value()) reason = "no key";
      if (reason == nullptr) continue;
      fault.column = std::string(field.name);
      fault.reason = reason;
      return;
    }
  }

  // A file of another kind gives a bad row a line: better to say so than to keep them all.
  static absl::Status CheckRejected(const OmopTableReport& file) {
    constexpr std::uint64_t kRejectedMax = 1'000'000;
    if (file.n_rejected <= kRejectedMax) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat(file.path, ": more than ", kRejectedMax, " bad rows"));
  }

  absl::Status Tell(std::uint64_t bytes, std::uint64_t rows) {
    progress_.bytes_done = bytes_before_ + bytes;
    progress_.rows = rows_before_ + rows;
    if (request_.progress && !request_.progress(progress_))
      return absl::CancelledError("cancelled");
    return absl::OkStatus();
  }

  absl::Status Reject(const std::vector<BadRow>& bad, const std::vector<std::string>& raw) {
    if (bad.empty()) return absl::OkStatus();
    ESSAIM_ASSIGN_OR_RETURN(
        const std::unique_ptr<SqlAppender> appender,
        engine_.Append("essaim_rejected", {"number", "file", "line", "field", "reason", "raw"}));
    const std::string number = absl::StrCat(report_.number);
    for (std::size_t i = 0; i < bad.size(); ++i) {
      const std::string line = absl::StrCat(bad[i].line);
      const std::array<std::optional<std::string_view>, 6> cells = {
          number, bad[i].file, line, bad[i].column, bad[i].reason, raw[i]};
      ESSAIM_RETURN_IF_ERROR(appender->Row(cells));
      if (report_.bad_rows.size() < LoadReport::kBadRowsMax) report_.bad_rows.push_back(bad[i]);
    }
    return appender->Close();
  }

  // Rows of the same key give way and are kept for an undo; of tables without a key, rows that are
  // there already are not added again.
  absl::Status Merge(const CdmTable& table) {
    const std::string name(table.name), columns = Columns(table);
    const CdmField* key = table.PrimaryKey();
    if (key == nullptr) {
      return engine_.Execute(absl::StrCat(
          "INSERT INTO ", name, " (", columns, ", essaim_load) SELECT s.*, ", report_.number,
          " FROM (SELECT * FROM staged EXCEPT SELECT ", columns, " FROM ", name, ") s"));
    }
    const std::string same =
        absl::StrCat(SqlName(*key), " IN (SELECT ", SqlName(*key), " FROM staged)");
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "CREATE TABLE IF NOT EXISTS essaim_prior_", name, " (",
        Definitions(table, engine_.dialect()), ", essaim_load BIGINT, replaced_by BIGINT)")));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("INSERT INTO essaim_prior_", name, " SELECT ", columns, ", essaim_load, ",
                     report_.number, " FROM ", name, " WHERE ", same)));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("DELETE FROM ", name, " WHERE ", same)));
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute(absl::StrCat("INSERT INTO ", name, " (", columns, ", essaim_load) SELECT ",
                                     columns, ", ", report_.number, " FROM staged")));
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows replaced,
                            engine_.Query(absl::StrCat("SELECT COUNT(*) FROM essaim_prior_", name,
                                                       " WHERE replaced_by = ", report_.number)));
    report_.tables.back().n_replaced =
        static_cast<std::uint64_t>(std::get<std::int64_t>(replaced.rows[0][0]));
    return absl::OkStatus();
  }

  SqlEngine& engine_;
  const OmopLoadRequest& request_;
  Log* log_;
  OmopLoadReport& report_;
  LoadProgress progress_;
  std::uint64_t bytes_before_ = 0, rows_before_ = 0;
};

absl::StatusOr<std::int64_t> Number(SqlEngine& engine, const std::string& sql) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine.Query(sql));
  if (rows.rows.size() != 1) return absl::InternalError("a count without a row");
  const auto* value = std::get_if<std::int64_t>(&rows.rows[0][0]);
  return value == nullptr ? 0 : *value;
}

absl::Status LoadInTransaction(SqlEngine& engine, const OmopLoadRequest& request, Log* log,
                               const std::vector<Input>& inputs, OmopLoadReport& report) {
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t last,
                          Number(engine, "SELECT MAX(number) FROM essaim_loads"));
  report.number = last + 1;
  ESSAIM_RETURN_IF_ERROR(Load(engine, request, log, report).Run(inputs));
  std::vector<std::string> hashes;
  for (const OmopTableReport& t : report.tables) hashes.push_back(absl::StrCat(t.table, t.sha256));
  report.load_id = ToHex(crypto::HashOf("essaim/omop-load", {absl::StrJoin(hashes, ",")}));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::int64_t known,
      Number(engine, absl::StrCat("SELECT COUNT(*) FROM essaim_loads WHERE load_id = ",
                                  SqlText(report.load_id))));
  report.known = known > 0;
  if (report.known) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(
      engine.Execute(absl::StrCat("INSERT INTO essaim_loads VALUES (", report.number, ", ",
                                  SqlText(report.load_id), ", 'omop', ", request.now_ms, ")")));
  for (const OmopTableReport& t : report.tables) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(
        absl::StrCat("INSERT INTO essaim_load_files VALUES (", report.number, ", ",
                     SqlText(t.table), ", ", SqlText(t.path), ", ", SqlText(t.sha256), ", ",
                     t.n_read, ", ", t.n_loaded, ", ", t.n_rejected, ")")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CreateCdm(SqlEngine& engine) {
  for (const CdmTable& table : CdmTables()) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(
        absl::StrCat("CREATE TABLE IF NOT EXISTS ", Av(table.name), " (",
                     Definitions(table, engine.dialect()), ", essaim_load BIGINT)")));
  }
  for (const char* table :
       {"essaim_loads (number BIGINT, load_id VARCHAR(64), kind VARCHAR(16), loaded_at_ms BIGINT)",
        "essaim_load_files (number BIGINT, cdm_table VARCHAR(64), path VARCHAR(4096), "
        "sha256 VARCHAR(64), n_read BIGINT, n_loaded BIGINT, n_rejected BIGINT)",
        "essaim_rejected (number BIGINT, file VARCHAR(4096), line BIGINT, field VARCHAR(64), "
        "reason VARCHAR(256), raw VARCHAR(1000000))"}) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(absl::StrCat("CREATE TABLE IF NOT EXISTS ", table)));
  }
  return absl::OkStatus();
}

absl::StatusOr<OmopLoadReport> LoadOmop(SqlEngine& engine, const OmopLoadRequest& request,
                                        Log* log) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Input> inputs, InputsOf(request.paths));
  if (inputs.empty()) return absl::InvalidArgumentError("no file to load");
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  OmopLoadReport report;
  const absl::Status loaded = LoadInTransaction(engine, request, log, inputs, report);
  if (!loaded.ok() || report.known) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute("ROLLBACK"));
    if (!loaded.ok()) return loaded;
    return report;
  }
  ESSAIM_RETURN_IF_ERROR(engine.Execute("COMMIT"));
  return report;
}

absl::Status UndoLastLoad(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t last,
                          Number(engine, "SELECT MAX(number) FROM essaim_loads"));
  if (last == 0) return absl::FailedPreconditionError("there is no load to undo");
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows tables,
      engine.Query(
          absl::StrCat("SELECT DISTINCT cdm_table FROM essaim_load_files WHERE number = ", last)));
  std::vector<std::string> statements = {"BEGIN"};
  for (const auto& row : tables.rows) {
    const CdmTable* table = FindCdmTable(std::get<std::string>(row[0]));
    if (table == nullptr) return absl::DataLossError("a load of a table that is none");
    const std::string name(table->name), columns = Columns(*table);
    statements.push_back(absl::StrCat("DELETE FROM ", name, " WHERE essaim_load = ", last));
    if (table->PrimaryKey() == nullptr) continue;
    statements.push_back(absl::StrCat("INSERT INTO ", name, " (", columns, ", essaim_load) SELECT ",
                                      columns, ", essaim_load FROM essaim_prior_", name,
                                      " WHERE replaced_by = ", last));
    statements.push_back(
        absl::StrCat("DELETE FROM essaim_prior_", name, " WHERE replaced_by = ", last));
  }
  for (const char* from : {"essaim_loads", "essaim_load_files", "essaim_rejected"})
    statements.push_back(absl::StrCat("DELETE FROM ", from, " WHERE number = ", last));
  statements.push_back("COMMIT");
  for (const std::string& sql : statements) {
    const absl::Status done = engine.Execute(sql);
    if (done.ok()) continue;
    ESSAIM_RETURN_IF_ERROR(engine.Execute("ROLLBACK"));
    return done;
  }
  return absl::OkStatus();
}

}  // namespace essaim
