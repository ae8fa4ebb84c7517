#include "cohort/run_cohorts.h"

#include <cctype>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/batch.h"
#include "cohort/dates.h"

namespace essaim::cohort {
namespace {

// A plain name, with its schema in front or not: what may stand in SQL as it is.
bool IsTableName(std::string_view name) {
  bool at_start = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '.' && !at_start) {
      at_start = true;
    } else if (c == '_' || std::isalpha(byte) || (std::isdigit(byte) && !at_start)) {
      at_start = false;
    } else {
      return false;
    }
  }
  return !at_start && name.size() <= 128;
}

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
  if (!options.opt_out.has_value()) return absl::OkStatus();
  if (!IsTableName(options.opt_out->table)) {
    return absl::InvalidArgumentError("opt_out: no table's name");
  }
  if (CalendarDay(options.opt_out->as_of) != options.opt_out->as_of) {
    return absl::InvalidArgumentError("opt_out: as_of: expected a date, YYYY-MM-DD");
  }
  return absl::OkStatus();
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
