#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/extraction.h"
#include "crypto/hash.h"
#include "study/expression.h"

namespace essaim::cohort {
namespace {

constexpr int kCohortId = 1;
constexpr char kTarget[] = "essaim_study_cohort";

double NumberOf(const SqlValue& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return static_cast<double>(*n);
  if (const auto* x = std::get_if<double>(&value)) return *x;
  return std::numeric_limits<double>::quiet_NaN();
}

// What the column says, or missing: a concept without a level, a number outside the range.
double ValueOf(const SqlValue& cell, const ExtractedColumn& column, const Variable& variable) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const double number = NumberOf(cell);
  if (!column.levels.empty()) {
    const auto* concept_id = std::get_if<std::int64_t>(&cell);
    const auto level =
        concept_id == nullptr ? column.levels.end() : column.levels.find(*concept_id);
    return level == column.levels.end() ? missing : level->second;
  }
  const bool bounded =
      variable.kind == VariableKind::kNumber || variable.kind == VariableKind::kInteger;
  const double rounded = variable.kind == VariableKind::kInteger ? std::round(number) : number;
  if (bounded && (rounded < variable.lower || rounded > variable.upper)) return missing;
  return rounded;
}

absl::StatusOr<SqlRows> Rows(SqlEngine& engine, const VariableRequest& request,
                             std::vector<std::string>& columns) {
  // One transaction: the rows of a cohort and their variables are of one moment.
  if (engine.dialect().name() == "postgresql") {
    // Its estimates for temporary tables are guesses, and nested loops over guesses do not end.
    ESSAIM_RETURN_IF_ERROR(engine.Execute("SET LOCAL enable_nestloop = off"));
    ESSAIM_RETURN_IF_ERROR(engine.Execute("SET LOCAL jit = off"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const PreparedVariables prepared, PrepareVariables(engine, request));
  columns = prepared.columns;
  ESSAIM_ASSIGN_OR_RETURN(SqlRows rows, engine.Query(prepared.sql));
  ESSAIM_RETURN_IF_ERROR(DropVariableTables(engine));
  return rows;
}

absl::StatusOr<SqlRows> Extract(SqlEngine& engine, const Extraction& extraction,
                                const OptOut& opt_out, std::vector<std::string>& columns) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute(
      absl::StrCat("CREATE TABLE IF NOT EXISTS ", kTarget,
                   " (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE, "
                   "cohort_end_date DATE)")));
  ESSAIM_RETURN_IF_ERROR(RunCohorts(engine, {{.id = kCohortId, .definition = extraction.cohort}},
                                    {.target = kTarget, .opt_out = opt_out})
                             .status());
  const VariableRequest request{.cohort_id = kCohortId,
                                .cohort_table = kTarget,
                                .concept_sets = extraction.cohort.concept_sets,
                                .variables = extraction.variables,
                                .opt_out = opt_out};
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  absl::StatusOr<SqlRows> rows = Rows(engine, request, columns);
  const absl::Status ended = engine.Execute(rows.ok() ? "COMMIT" : "ROLLBACK");
  if (!rows.ok()) return rows;
  ESSAIM_RETURN_IF_ERROR(ended);
  return rows;
}

absl::StatusOr<std::string> LoadsOf(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows loads,
                          engine.Query("SELECT load_id FROM essaim_loads ORDER BY number"));
  std::vector<std::string> ids;
  for (const auto& row : loads.rows) ids.push_back(std::get<std::string>(row[0]));
  return absl::StrJoin(ids, ",");
}

// The rows as bytes: another value, another hash.
std::string HashOfRows(const SqlRows& rows, const std::vector<std::vector<double>>& columns) {
  ByteWriter w;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    w.U64(static_cast<std::uint64_t>(std::get<std::int64_t>(rows.rows[i][0])));
    for (const std::vector<double>& column : columns) w.F64(column[i]);
  }
  return crypto::Sha256(w.bytes());
}

}  // namespace

std::vector<std::string> ScopesOf(const Study& study) {
  std::vector<std::string> scopes = {absl::StrCat("project:", study.name)};
  for (const Analysis& analysis : study.analyses) {
    // What fits a model that can be applied to other persons.
    if (!absl::StartsWith(analysis.algorithm, "regression/") &&
        analysis.algorithm != "survival/cox" && !absl::StartsWith(analysis.algorithm, "learning/"))
      continue;
    scopes.push_back("ai");
    break;
  }
  return scopes;
}

absl::StatusOr<FrozenCohort> FreezeExtraction(SqlEngine& engine, const Study& study,
                                              const Analysis& analysis, std::size_t site,
                                              const std::string& as_of) {
  ESSAIM_ASSIGN_OR_RETURN(const Extraction extraction, ParseExtraction(study.omop, study.schema));
  ESSAIM_ASSIGN_OR_RETURN(const Expression condition, CohortOf(study, analysis));
  const OptOut opt_out{.table = "essaim_opt_out", .scopes = ScopesOf(study), .as_of = as_of};
  std::vector<std::string> names;
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, Extract(engine, extraction, opt_out, names));
  std::vector<std::vector<double>> columns;
  for (std::size_t v = 0; v < study.schema.size(); ++v) {
    const ExtractedColumn& column = extraction.columns[v];
    std::size_t at = 0;
    while (at < rows.columns.size() && rows.columns[at] != column.column) ++at;
    if (at == rows.columns.size())
      return absl::InternalError(absl::StrCat("no column for ", study.schema.variables()[v].name));
    std::vector<double>& values = columns.emplace_back();
    values.reserve(rows.rows.size());
    for (const auto& row : rows.rows)
      values.push_back(ValueOf(row[at], column, study.schema.variables()[v]));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string loads, LoadsOf(engine));
  const std::string definition = crypto::HashOf(
      "essaim.v1.omop-cohort", {DefinitionHash(extraction.cohort), study.omop, study.include_text,
                                study.exclude_text, analysis.where_text});
  FrozenCohort cohort;
  cohort.definition_hash = ToHex(definition);
  cohort.snapshot_id = ToHex(
      crypto::HashOf("essaim.v1.omop-snapshot", {loads, definition, HashOfRows(rows, columns)}));
  ESSAIM_ASSIGN_OR_RETURN(PersonTable all,
                          PersonTable::Make(study.schema, std::move(columns), site));
  cohort.table = all.Select(condition.Matches(all));
  cohort.n_rows = cohort.table.n_persons();
  return cohort;
}

}  // namespace essaim::cohort
