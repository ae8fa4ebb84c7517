#include "warehouse/prior_rows.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/cdm_staging.h"

namespace essaim {

absl::Status MakePrior(SqlEngine& engine, const CdmTable& table) {
  return engine.Execute(absl::StrCat(
      "CREATE TABLE IF NOT EXISTS essaim_prior_", std::string(table.name), " (",
      DefinitionsOf(table, engine.dialect()), ", essaim_load BIGINT, replaced_by BIGINT)"));
}

absl::Status KeepPrior(SqlEngine& engine, const CdmTable& table, std::int64_t number,
                       const std::string& where) {
  ESSAIM_RETURN_IF_ERROR(MakePrior(engine, table));
  const std::string name(table.name);
  return engine.Execute(absl::StrCat("INSERT INTO essaim_prior_", name, " SELECT ",
                                     ColumnsOf(table), ", essaim_load, ", number, " FROM ", name,
                                     " WHERE essaim_load <> ", number, " AND ", where));
}

}  // namespace essaim
