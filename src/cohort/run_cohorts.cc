#include "cohort/run_cohorts.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/batch.h"
#include "cohort/opt_out_sql.h"

namespace essaim::cohort {
namespace {

absl::Status Check(const std::vector<NumberedDefinition>& definitions, const RunOptions& options) {
  std::set<int> ids;
  for (const NumberedDefinition& numbered : definitions) {
    if (!ids.insert(numbered.id).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two cohort definitions have the id ", numbered.id));
    }
  }
  if (!IsTableName(options.target)) return absl::InvalidArgumentError("target: no table's name");
  if (options.cohorts_at_once < 1) {
    return absl::InvalidArgumentError("cohorts_at_once: expected at least 1");
  }
  return CheckOptOut(options.opt_out);
}

}  // namespace

namespace {

// Table expressions have no statistics: PostgreSQL takes them for small, joins them by nested loops
// and compiles what is soon done. Every join here is one of equal persons, which hashing does well.
absl::Status Settle(SqlEngine& engine) {
  if (engine.dialect().name() != "postgresql") return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(engine.Execute("SET LOCAL enable_nestloop = off"));
  return engine.Execute("SET LOCAL jit = off");
}

}  // namespace

absl::StatusOr<RunReport> RunCohorts(SqlEngine& engine,
                                     const std::vector<NumberedDefinition>& definitions,
                                     const RunOptions& options) {
  ESSAIM_RETURN_IF_ERROR(Check(definitions, options));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  Batch batch(engine, definitions, options);
  const absl::Status settled = Settle(engine);
  absl::StatusOr<RunReport> report = settled.ok() ? batch.Run() : settled;
  if (report.ok()) {
    if (const absl::Status dropped = batch.DropTables(); !dropped.ok()) report = dropped;
  }
  const absl::Status ended = engine.Execute(report.ok() ? "COMMIT" : "ROLLBACK");
  if (report.ok() && !ended.ok()) return ended;
  return report;
}

}  // namespace essaim::cohort
