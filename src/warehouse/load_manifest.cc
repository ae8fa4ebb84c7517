#include "warehouse/load_manifest.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

std::uint64_t CountOf(const SqlValue& value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, WholeOf(value)));
}

// Rows whose first column is a load's number, each given to its load.
template <typename F>
absl::Status ForEach(SqlEngine& engine, const std::string& sql, std::vector<LoadEntry>& loads,
                     F take) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine.Query(sql));
  for (const auto& row : rows.rows) {
    const auto load = std::ranges::find(loads, WholeOf(row[0]), &LoadEntry::number);
    if (load != loads.end()) take(*load, row);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteManifest(SqlEngine& engine, const LoadHeading& heading,
                           const CdmLoadReport& report) {
  ESSAIM_RETURN_IF_ERROR(
      engine.Execute(absl::StrCat("INSERT INTO essaim_loads VALUES (", report.number, ", ",
                                  SqlText(report.load_id), ", ", SqlText(std::string(heading.kind)),
                                  ", ", heading.now_ms, ", ", SqlText(heading.arguments), ")")));
  for (const CdmFileReport& f : report.files) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(absl::StrCat(
        "INSERT INTO essaim_load_files VALUES (", report.number, ", ", SqlText(f.path), ", ",
        SqlText(f.sha256), ", ", f.n_read, ", ", f.n_rejected, ", ", SqlText(f.header), ")")));
  }
  for (const CdmTableReport& t : report.tables) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(absl::StrCat(
        "INSERT INTO essaim_load_tables VALUES (", report.number, ", ", SqlText(t.table), ", ",
        t.n_loaded, ", ", t.n_rejected, ", ", t.n_replaced, ", ", t.n_closed, ")")));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<LoadEntry>> ReadLoads(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  std::vector<LoadEntry> loads;
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine.Query("SELECT number, load_id, kind, loaded_at_ms, arguments FROM "
                                       "essaim_loads ORDER BY number"));
  for (const auto& row : rows.rows) {
    loads.push_back({.number = WholeOf(row[0]),
                     .loaded_at_ms = WholeOf(row[3]),
                     .load_id = TextOf(row[1]),
                     .kind = TextOf(row[2]),
                     .arguments = TextOf(row[4]),
                     .files = {},
                     .tables = {}});
  }
  ESSAIM_RETURN_IF_ERROR(ForEach(
      engine,
      "SELECT number, path, sha256, n_read, n_rejected, header FROM essaim_load_files ORDER BY "
      "number, path",
      loads, [](LoadEntry& load, const std::vector<SqlValue>& row) {
        load.files.push_back({.path = TextOf(row[1]),
                              .sha256 = TextOf(row[2]),
                              .header = TextOf(row[5]),
                              .n_read = CountOf(row[3]),
                              .n_rejected = CountOf(row[4])});
      }));
  ESSAIM_RETURN_IF_ERROR(
      ForEach(engine,
              "SELECT number, cdm_table, n_loaded, n_rejected, n_replaced, n_closed FROM "
              "essaim_load_tables ORDER BY number, cdm_table",
              loads, [](LoadEntry& load, const std::vector<SqlValue>& row) {
                load.tables.push_back({.table = TextOf(row[1]),
                                       .n_loaded = CountOf(row[2]),
                                       .n_rejected = CountOf(row[3]),
                                       .n_replaced = CountOf(row[4]),
                                       .n_closed = CountOf(row[5])});
              }));
  ESSAIM_RETURN_IF_ERROR(ForEach(
      engine,
      "SELECT number, COUNT(*) FROM essaim_rejected WHERE retried_by IS NOT NULL GROUP BY "
      "number",
      loads,
      [](LoadEntry& load, const std::vector<SqlValue>& row) { load.n_retried = CountOf(row[1]); }));
  return loads;
}

}  // namespace essaim
