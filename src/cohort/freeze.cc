#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/attrition.h"
#include "cohort/count_once.h"
#include "cohort/extraction.h"
#include "cohort/objections.h"
#include "crypto/hash.h"
#include "study/expression.h"

namespace essaim::cohort {
namespace {

constexpr int kCohortId = 1;
constexpr char kTarget[] = "essaim_study_cohort";

// What a cell says, or missing: a concept without a level, a number outside the range.
double ValueOf(double number, const ExtractedColumn& column, const Variable& variable) {
  const double missing = column.filler.value_or(std::numeric_limits<double>::quiet_NaN());
  if (PersonTable::IsMissing(number)) return missing;
  if (!column.levels.empty()) {
    const auto level = column.levels.find(static_cast<std::int64_t>(number));
    return level == column.levels.end() ? missing : level->second;
  }
  if (variable.kind == VariableKind::kBoolean) return number > 0 ? 1 : 0;
  if (variable.kind == VariableKind::kCategory) return number;
  const double rounded = variable.kind == VariableKind::kInteger ? std::round(number) : number;
  return rounded < variable.lower || rounded > variable.upper ? missing : rounded;
}

absl::StatusOr<SqlNumbers> Rows(SqlEngine& engine, const VariableRequest& request) {
  // One transaction: the rows of a cohort and their variables are of one moment.
  if (engine.dialect().name() == "postgresql") {
    // Its estimates for temporary tables are guesses, and nested loops over guesses do not end.
    ESSAIM_RETURN_IF_ERROR(engine.Execute("SET LOCAL enable_nestloop = off"));
    ESSAIM_RETURN_IF_ERROR(engine.Execute("SET LOCAL jit = off"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const PreparedVariables prepared, PrepareVariables(engine, request));
  ESSAIM_ASSIGN_OR_RETURN(SqlNumbers rows, engine.QueryNumbers(prepared.sql));
  ESSAIM_RETURN_IF_ERROR(DropVariableTables(engine));
  return rows;
}

// Who has an entry event, as a cohort of their own: those of the cohort from their start in it, the
// others from their first entry event. Its id.
absl::StatusOr<int> AddEverybody(SqlEngine& engine, int n_steps) {
  const int everybody = n_steps + 1;
  const auto add = [&](int id, const char* which) {
    return absl::StrCat("INSERT INTO ", kTarget, " SELECT ", everybody,
                        ", t.subject_id, MIN(t.cohort_start_date), MIN(t.cohort_start_date) FROM ",
                        kTarget, " t WHERE t.cohort_definition_id = ", id, which,
                        " GROUP BY t.subject_id");
  };
  const std::string others =
      absl::StrCat(" AND t.subject_id NOT IN (SELECT m.subject_id FROM ", kTarget,
                   " m WHERE m.cohort_definition_id = ", everybody, ")");
  for (const std::string& statement :
       {absl::StrCat("DELETE FROM ", kTarget, " WHERE cohort_definition_id = ", everybody),
        add(n_steps, ""), add(1, others.c_str())})
    ESSAIM_RETURN_IF_ERROR(engine.Execute(statement));
  return everybody;
}

absl::StatusOr<SqlNumbers> Extract(SqlEngine& engine, const Extraction& extraction,
                                   const OptOut& opt_out) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute(
      absl::StrCat("CREATE TABLE IF NOT EXISTS ", kTarget,
                   " (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE, "
                   "cohort_end_date DATE)")));
  const std::vector<NumberedDefinition> definitions =
      extraction.with_steps
          ? StepDefinitions(extraction.cohort)
          : std::vector<NumberedDefinition>{{.id = kCohortId, .definition = extraction.cohort}};
  ESSAIM_RETURN_IF_ERROR(
      RunCohorts(engine, definitions, {.target = kTarget, .opt_out = opt_out}).status());
  int cohort_id = kCohortId;
  if (extraction.with_steps) {
    ESSAIM_ASSIGN_OR_RETURN(cohort_id, AddEverybody(engine, static_cast<int>(definitions.size())));
  }
  const VariableRequest request{.cohort_id = cohort_id,
                                .cohort_table = kTarget,
                                .concept_sets = extraction.cohort.concept_sets,
                                .variables = extraction.variables,
                                .opt_out = opt_out,
                                .with_dates = false};
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  absl::StatusOr<SqlNumbers> rows = Rows(engine, request);
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

// The rows as bytes, a column at a time: another value, another hash.
std::string HashOfRows(const SqlNumbers& rows, const std::vector<std::vector<double>>& columns) {
  crypto::Sha256Hasher hasher;
  ByteWriter keys;
  for (const std::int64_t key : rows.keys) keys.U64(static_cast<std::uint64_t>(key));
  hasher.Update(keys.bytes());
  for (const std::vector<double>& column : columns) {
    ByteWriter cells;
    for (const double value : column) cells.F64(value);
    hasher.Update(cells.bytes());
  }
  return hasher.Finish();
}

// The persons who have a value wherever the study asks for one.
std::vector<std::size_t> Complete(const Extraction& extraction,
                                  const std::vector<std::vector<double>>& columns,
                                  std::size_t n_persons) {
  std::vector<std::size_t> complete;
  for (std::size_t i = 0; i < n_persons; ++i) {
    bool has_all = true;
    for (std::size_t v = 0; v < columns.size(); ++v) {
      if (extraction.columns[v].exclude_missing && PersonTable::IsMissing(columns[v][i]))
        has_all = false;
    }
    if (has_all) complete.push_back(i);
  }
  return complete;
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
  OptOut opt_out = SiteOptOut(ScopesOf(study), as_of);
  if (!study.count_once.empty()) {
    opt_out.count_once = CountOnce{.project = study.count_once, .sites = study.sites};
    ESSAIM_RETURN_IF_ERROR(CheckLinked(engine, *opt_out.count_once));
  }
  ESSAIM_ASSIGN_OR_RETURN(SqlNumbers rows, Extract(engine, extraction, opt_out));
  std::vector<std::vector<double>> columns;
  for (std::size_t v = 0; v < study.schema.size(); ++v) {
    const ExtractedColumn& column = extraction.columns[v];
    if (column.is_site) {
      columns.emplace_back(rows.keys.size(), static_cast<double>(site));
      continue;
    }
    const auto at = std::find(rows.names.begin(), rows.names.end(), column.column);
    if (at == rows.names.end())
      return absl::InternalError(absl::StrCat("no column for ", study.schema.variables()[v].name));
    // Each column of the statement is one variable's: it is taken, not copied.
    std::vector<double>& values = columns.emplace_back(
        std::move(rows.columns[static_cast<std::size_t>(at - rows.names.begin())]));
    for (double& value : values) value = ValueOf(value, column, study.schema.variables()[v]);
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string loads, LoadsOf(engine));
  const std::string definition =
      crypto::HashOf("essaim.v1.omop-cohort",
                     {DefinitionHash(extraction.cohort), study.omop, study.include_text,
                      study.exclude_text, analysis.where_text,
                      study.count_once.empty()
                          ? ""
                          : absl::StrCat(study.count_once, "/", absl::StrJoin(study.sites, ","))});
  FrozenCohort cohort;
  cohort.definition_hash = ToHex(definition);
  cohort.snapshot_id = ToHex(
      crypto::HashOf("essaim.v1.omop-snapshot", {loads, definition, HashOfRows(rows, columns)}));
  const std::vector<std::size_t> complete = Complete(extraction, columns, rows.keys.size());
  ESSAIM_ASSIGN_OR_RETURN(PersonTable all,
                          PersonTable::Make(study.schema, std::move(columns), site));
  if (complete.size() != all.n_persons()) all = all.Select(complete);
  cohort.table = all.Select(condition.Matches(all));
  cohort.n_rows = cohort.table.n_persons();
  return cohort;
}

}  // namespace essaim::cohort
