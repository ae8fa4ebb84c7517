#include "cohort/objections.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cohort/dates.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim::cohort {
namespace {

constexpr std::size_t kScopeBytesMax = 64;  // essaim_opt_out.scope

std::string Day(const std::string& day) {
  return day.empty() ? "CAST(NULL AS DATE)" : absl::StrCat("DATE ", SqlText(day));
}

absl::Status Check(const Objection& o, std::size_t position) {
  const auto wrong = [&](const char* what) {
    return absl::InvalidArgumentError(absl::StrCat("objection ", position, ": ", what));
  };
  const bool scope = o.scope == "all" || o.scope == "ai" ||
                     (absl::StartsWith(o.scope, "project:") && o.scope.size() > 8);
  if (!scope || o.scope.size() > kScopeBytesMax)
    return wrong("scope: expected all, ai or project:NAME");
  for (const std::string* day : {&o.from, &o.until}) {
    if (!day->empty() && CalendarDay(*day) != *day) return wrong("expected a date, YYYY-MM-DD");
  }
  if (!o.from.empty() && !o.until.empty() && o.until < o.from)
    return wrong("ends before it starts");
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Count(SqlEngine& engine, const std::string& from) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine.Query(absl::StrCat("SELECT COUNT(*) ", from)));
  return std::get<std::int64_t>(rows.rows[0][0]);
}

absl::Status Add(SqlEngine& engine, const std::vector<Objection>& objections) {
  for (std::size_t i = 0; i < objections.size(); ++i) {
    const Objection& o = objections[i];
    ESSAIM_RETURN_IF_ERROR(Check(o, i + 1));
    ESSAIM_ASSIGN_OR_RETURN(
        const std::int64_t known,
        Count(engine, absl::StrCat("FROM person WHERE person_id = ", o.person_id)));
    if (known == 0)
      return absl::NotFoundError(absl::StrCat("objection ", i + 1, ": no such person"));
    const std::string columns =
        absl::StrCat(o.person_id, ", ", SqlText(o.scope), ", ", Day(o.from), ", ", Day(o.until));
    ESSAIM_RETURN_IF_ERROR(
        engine.Execute(absl::StrCat("INSERT INTO essaim_opt_out SELECT ", columns,
                                    " EXCEPT SELECT * FROM "
                                    "essaim_opt_out")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddObjections(SqlEngine& engine, const std::vector<Objection>& objections) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  const absl::Status added = Add(engine, objections);
  ESSAIM_RETURN_IF_ERROR(engine.Execute(added.ok() ? "COMMIT" : "ROLLBACK"));
  return added;
}

absl::StatusOr<std::int64_t> RemoveObjections(SqlEngine& engine, std::int64_t person_id,
                                              const std::string& scope) {
  const std::string from = absl::StrCat("FROM essaim_opt_out WHERE person_id = ", person_id,
                                        " AND scope = ", SqlText(scope));
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t n, Count(engine, from));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("DELETE " + from));
  return n;
}

absl::StatusOr<std::vector<Objection>> Objections(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT person_id, scope, \"from\", until FROM essaim_opt_out ORDER BY "
                   "person_id, scope, \"from\""));
  std::vector<Objection> objections;
  for (const auto& row : rows.rows) {
    objections.push_back({.person_id = std::get<std::int64_t>(row[0]),
                          .scope = TextOf(row[1]),
                          .from = TextOf(row[2]),
                          .until = TextOf(row[3])});
  }
  return objections;
}

OptOut SiteOptOut(std::vector<std::string> scopes, std::string as_of) {
  return {.table = "essaim_opt_out",
          .scopes = std::move(scopes),
          .as_of = std::move(as_of),
          .merged = "essaim_merged"};
}

absl::StatusOr<std::int64_t> PersonOfSourceValue(SqlEngine& engine, const std::string& value) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine.Query(absl::StrCat("SELECT DISTINCT person_id FROM person WHERE "
                                                    "person_source_value = ",
                                                    SqlText(value))));
  if (rows.rows.empty()) return absl::NotFoundError("no person has this source value");
  if (rows.rows.size() > 1)
    return absl::FailedPreconditionError("several persons have this source value");
  return std::get<std::int64_t>(rows.rows[0][0]);
}

}  // namespace essaim::cohort
