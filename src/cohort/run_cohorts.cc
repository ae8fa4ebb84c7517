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

absl::StatusOr<RunReport> RunCohorts(SqlEngine& engine,
                                     const std::vector<NumberedDefinition>& definitions,
                                     const RunOptions& options) {
  ESSAIM_RETURN_IF_ERROR(Check(definitions, options));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  Batch batch(engine, definitions, options);
  absl::StatusOr<RunReport> report = batch.Run();
  if (report.ok()) {
    if (const absl::Status dropped = batch.DropTables(); !dropped.ok()) report = dropped;
  }
  const absl::Status ended = engine.Execute(report.ok() ? "COMMIT" : "ROLLBACK");
  if (report.ok() && !ended.ok()) return ended;
  return report;
}

}  // namespace essaim::cohort
