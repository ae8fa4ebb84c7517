#include "warehouse/cell_reseal.h"

#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/free_text.h"
#include "warehouse/cdm_load.h"
#include "warehouse/expression_sql.h"

namespace essaim {
namespace {

struct TextColumn {
  std::string table, column;
  std::vector<std::string> others;  // the table's other columns
};

absl::StatusOr<std::vector<TextColumn>> TextColumns(SqlEngine& engine) {
  std::vector<TextColumn> wanted = {{.table = "essaim_rejected", .column = "raw", .others = {}}};
  for (const CdmTable& table : CdmTables()) {
    for (const CdmField& field : table.fields) {
      if (!IsFreeText(table, field)) continue;
      for (const char* copy : {"", "essaim_prior_"})
        wanted.push_back({absl::StrCat(copy, Av(table.name)), std::string(field.name), {}});
    }
  }
  std::vector<TextColumn> there;
  for (TextColumn& text : wanted) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows columns,
        engine.Query(absl::StrCat("SELECT DISTINCT column_name FROM information_schema.columns "
                                  "WHERE table_schema = current_schema() AND table_name = ",
                                  SqlText(text.table))));
    for (const auto& row : columns.rows) {
      const std::string name = std::get<std::string>(row[0]);
      if (name != text.column) text.others.push_back(absl::StrCat("\"", name, "\""));
    }
    if (!columns.rows.empty()) there.push_back(std::move(text));
  }
  return there;
}

class Resealing {
 public:
  Resealing(SqlEngine& engine, const CellCipher& from, const CellCipher& to,
            const std::function<void(const ResealProgress&)>& progress)
      : engine_(engine), from_(from), to_(to), progress_(progress) {}

  absl::Status Column(const TextColumn& text) {
    const SqlDialect& dialect = engine_.dialect();
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows end, engine_.Query(dialect.RowsEnd(text.table)));
    const auto* to = std::get_if<std::int64_t>(&end.rows[0][0]);
    if (to == nullptr) return absl::InternalError("a table's end that is no number");
    // Rows that are written anew come after the end, or are found to be done.
    for (std::int64_t at = 0; at < *to; at += dialect.RowsStep())
      ESSAIM_RETURN_IF_ERROR(Piece(text, dialect.RowsBetween(at, at + dialect.RowsStep())));
    return absl::OkStatus();
  }

  std::uint64_t n_cells() const { return done_.cells; }

 private:
  absl::StatusOr<std::string> Reseal(const std::string& cell, bool& is_done) const {
    absl::StatusOr<std::string> text = from_.Open(cell);
    is_done = !text.ok() && to_.Open(cell).ok();
    if (is_done) return cell;
    if (!text.ok()) return absl::DataLossError("a sealed text does not open with the key in use");
    return to_.Seal(*text);
  }

  // New rows in the place of old ones: engines hold a changed cell in memory until the end, an
  // added row they do not.
  absl::Status Piece(const TextColumn& text, const std::string& where) {
    const std::string name = engine_.dialect().RowName();
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows cells,
        engine_.Query(absl::StrCat("SELECT ", name, ", ", text.column, " FROM ", text.table,
                                   " WHERE ", where, " AND ", text.column, " IS NOT NULL")));
    if (cells.rows.empty()) return absl::OkStatus();
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute("CREATE TABLE essaim_resealed (row_name VARCHAR(64), sealed TEXT)"));
    ESSAIM_ASSIGN_OR_RETURN(const auto appender,
                            engine_.Append("essaim_resealed", {"row_name", "sealed"}));
    for (const auto& row : cells.rows) {
      const auto* number = std::get_if<std::int64_t>(&row[0]);
      const std::string row_name =
          number == nullptr ? std::get<std::string>(row[0]) : absl::StrCat(*number);
      bool is_done = false;
      ESSAIM_ASSIGN_OR_RETURN(const std::string sealed,
                              Reseal(std::get<std::string>(row[1]), is_done));
      if (is_done) continue;
      const std::array<std::optional<std::string_view>, 2> both = {row_name, sealed};
      ESSAIM_RETURN_IF_ERROR(appender->Row(both));
      ++done_.cells;
    }
    ESSAIM_RETURN_IF_ERROR(appender->Close());
    const std::string others = absl::StrJoin(text.others, ", ");
    const std::string named =
        absl::StrCat("(SELECT ", others, ", CAST(", name, " AS VARCHAR) AS row_name FROM ",
                     text.table, " WHERE ", where, ")");
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("INSERT INTO ", text.table, " (", others, ", ", text.column, ") SELECT ",
                     others, ", sealed FROM ", named, " t JOIN essaim_resealed USING (row_name)")));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("DELETE FROM ", text.table, " WHERE ", where, " AND CAST(", name,
                     " AS VARCHAR) IN (SELECT row_name FROM essaim_resealed)")));
    if (progress_) progress_(done_);
    return engine_.Execute("DROP TABLE essaim_resealed");
  }

  SqlEngine& engine_;
  const CellCipher &from_, &to_;
  const std::function<void(const ResealProgress&)>& progress_;
  ResealProgress done_;
};

}  // namespace

absl::StatusOr<std::string> FreeTextKeyId(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT key_id FROM essaim_keys WHERE category = 'free_text'"));
  return rows.rows.empty() ? "" : std::get<std::string>(rows.rows[0][0]);
}

absl::StatusOr<std::uint64_t> ResealFreeText(
    SqlEngine& engine, const CellCipher& from, const CellCipher& to, const std::string& key_id,
    const std::function<void(const ResealProgress&)>& progress) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<TextColumn> columns, TextColumns(engine));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  Resealing resealing(engine, from, to, progress);
  const absl::Status done = [&]() -> absl::Status {
    for (const TextColumn& text : columns) ESSAIM_RETURN_IF_ERROR(resealing.Column(text));
    ESSAIM_RETURN_IF_ERROR(engine.Execute("DELETE FROM essaim_keys WHERE category = 'free_text'"));
    return engine.Execute(
        absl::StrCat("INSERT INTO essaim_keys VALUES ('free_text', ", SqlText(key_id), ")"));
  }();
  ESSAIM_RETURN_IF_ERROR(engine.Execute(done.ok() ? "COMMIT" : "ROLLBACK"));
  if (!done.ok()) return done;
  return resealing.n_cells();
}

}  // namespace essaim
