#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/extensions.h"
#include "omop/free_text.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cdm_staging.h"

namespace essaim {
namespace {

constexpr const char* kTables[] = {
    "essaim_loads (number BIGINT, load_id VARCHAR(64), kind VARCHAR(16), loaded_at_ms BIGINT, "
    "arguments TEXT)",
    "essaim_load_files (number BIGINT, path VARCHAR(4096), sha256 VARCHAR(64), n_read BIGINT, "
    "n_rejected BIGINT, header TEXT)",
    "essaim_load_tables (number BIGINT, cdm_table VARCHAR(64), n_loaded BIGINT, n_rejected BIGINT, "
    "n_replaced BIGINT, n_closed BIGINT)",
    "essaim_opt_out (person_id BIGINT, scope VARCHAR(64), \"from\" DATE, until DATE)",
    "essaim_merged (number BIGINT, from_id BIGINT, into_id BIGINT)",
    // What messages said of visits: two numbers of one, and whose it is.
    "essaim_visit_joined (number BIGINT, step BIGINT, from_id BIGINT, into_id BIGINT)",
    "essaim_visit_moved (number BIGINT, step BIGINT, visit_occurrence_id BIGINT, from_id BIGINT, "
    "into_id BIGINT)",
    "essaim_linkage (project VARCHAR(64), site VARCHAR(64), linked_at_ms BIGINT)",
    "essaim_linked (project VARCHAR(64), person_id BIGINT, linkage_id VARCHAR(32), first_site "
    "VARCHAR(64))",
    "essaim_rejected (number BIGINT, file VARCHAR(4096), line BIGINT, field VARCHAR(64), "
    "reason VARCHAR(256), raw TEXT, row_number BIGINT, retried_by BIGINT)",
    // What must be the same at every load, as how far dates are moved.
    "essaim_settings (name VARCHAR(64), value VARCHAR(256))",
    // Which key the cells of a category are sealed under (cell_reseal.h).
    "essaim_keys (category VARCHAR(32), key_id VARCHAR(32))"};

// What tables of earlier versions lack.
constexpr struct {
  const char *table, *column, *type;
} kAdded[] = {{"essaim_loads", "arguments", "TEXT"},
              {"essaim_load_files", "header", "TEXT"},
              {"essaim_load_tables", "n_closed", "BIGINT"},
              {"essaim_rejected", "row_number", "BIGINT"},
              {"essaim_rejected", "retried_by", "BIGINT"}};

// Brings a warehouse of an earlier version to this one's tables.
absl::Status Upgrade(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows done,
      engine.Query("SELECT COUNT(*) FROM information_schema.columns WHERE table_name = "
                   "'essaim_rejected' AND column_name = 'retried_by'"));
  if (std::get<std::int64_t>(done.rows[0][0]) > 0) return absl::OkStatus();
  // A sealed text is longer than what was sealed.
  std::vector<std::string> statements = {"ALTER TABLE essaim_rejected ALTER COLUMN raw TYPE TEXT"};
  for (const CdmTable& table : CdmTables()) {
    for (const CdmField& field : table.fields) {
      if (!IsFreeText(table, field) || field.length == 0) continue;
      for (const char* copy : {"", "essaim_prior_"})
        statements.push_back(absl::StrCat("ALTER TABLE IF EXISTS ", copy, Av(table.name),
                                          " ALTER COLUMN ", Av(field.name), " TYPE TEXT"));
    }
  }
  for (const auto& [table, column, type] : kAdded)
    statements.push_back(
        absl::StrCat("ALTER TABLE ", table, " ADD COLUMN IF NOT EXISTS ", column, " ", type));
  for (const std::string& sql : statements) ESSAIM_RETURN_IF_ERROR(engine.Execute(sql));
  return absl::OkStatus();
}

absl::Status CreateTables(SqlEngine& engine) {
  for (const CdmTable* table : LoadedTables()) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(
        absl::StrCat("CREATE TABLE IF NOT EXISTS ", Av(table->name), " (",
                     DefinitionsOf(*table, engine.dialect()), ", essaim_load BIGINT)")));
  }
  for (const char* table : kTables)
    ESSAIM_RETURN_IF_ERROR(engine.Execute(absl::StrCat("CREATE TABLE IF NOT EXISTS ", table)));
  return Upgrade(engine);
}

}  // namespace

// In one transaction: a killed upgrade begins again, and the disk is waited for once.
absl::Status CreateCdm(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  const absl::Status made = CreateTables(engine);
  const absl::Status ended = engine.Execute(made.ok() ? "COMMIT" : "ROLLBACK");
  return made.ok() ? ended : made;
}

}  // namespace essaim
