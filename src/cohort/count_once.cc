#include "cohort/count_once.h"

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/expression_sql.h"

namespace essaim::cohort {
namespace {

absl::Status Drop(SqlEngine& engine, const std::string& project) {
  for (const char* table : {"essaim_linkage", "essaim_linked"})
    ESSAIM_RETURN_IF_ERROR(
        engine.Execute(absl::StrCat("DELETE FROM ", table, " WHERE project = ", SqlText(project))));
  return absl::OkStatus();
}

absl::Status Write(SqlEngine& engine, const std::string& project,
                   const std::vector<std::string>& sites, const std::vector<LinkedPerson>& persons,
                   std::int64_t now_ms) {
  ESSAIM_RETURN_IF_ERROR(Drop(engine, project));
  for (const std::string& site : sites)
    ESSAIM_RETURN_IF_ERROR(
        engine.Execute(absl::StrCat("INSERT INTO essaim_linkage VALUES (", SqlText(project), ", ",
                                    SqlText(site), ", ", now_ms, ")")));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::unique_ptr<SqlAppender> rows,
      engine.Append("essaim_linked", {"project", "person_id", "linkage_id", "first_site"}));
  for (const LinkedPerson& person : persons) {
    const std::string id = absl::StrCat(person.person_id);
    std::array<std::optional<std::string_view>, 4> cells = {project, id, person.linkage_id,
                                                            std::nullopt};
    if (person.first.empty()) ESSAIM_RETURN_IF_ERROR(rows->Row(cells));
    for (const std::string& site : person.first) {
      cells[3] = site;
      ESSAIM_RETURN_IF_ERROR(rows->Row(cells));
    }
  }
  return rows->Close();
}

absl::Status InTransaction(SqlEngine& engine, const absl::Status& done) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute(done.ok() ? "COMMIT" : "ROLLBACK"));
  return done;
}

absl::StatusOr<std::set<std::string>> SitesOf(SqlEngine& engine, const std::string& project) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT site FROM essaim_linkage WHERE project = " + SqlText(project)));
  std::set<std::string> sites;
  for (const auto& row : rows.rows) sites.insert(std::get<std::string>(row[0]));
  return sites;
}

}  // namespace

absl::Status StoreLinkage(SqlEngine& engine, const std::string& project,
                          const std::vector<std::string>& sites,
                          const std::vector<LinkedPerson>& persons, std::int64_t now_ms) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  return InTransaction(engine, Write(engine, project, sites, persons, now_ms));
}

absl::StatusOr<std::int64_t> RemoveLinkage(SqlEngine& engine, const std::string& project) {
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::string> sites, SitesOf(engine, project));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  ESSAIM_RETURN_IF_ERROR(InTransaction(engine, Drop(engine, project)));
  return static_cast<std::int64_t>(sites.size());
}

absl::Status CheckLinked(SqlEngine& engine, const CountOnce& count_once) {
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::string> linked, SitesOf(engine, count_once.project));
  for (const std::string& site : count_once.sites) {
    if (linked.contains(site)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the study counts persons once by the linkage '", count_once.project, "', ",
                     linked.empty() ? "which this site does not have"
                                    : absl::StrCat("in which ", site, " took no part"),
                     ": essaim node link --export, --match and --import make it"));
  }
  return absl::OkStatus();
}

std::string CountedElsewhereSql(const CountOnce& count_once) {
  std::string sites;
  for (const std::string& site : count_once.sites)
    absl::StrAppend(&sites, sites.empty() ? "" : ", ", SqlText(site));
  return absl::StrCat("SELECT person_id FROM essaim_linked WHERE project = ",
                      SqlText(count_once.project), " AND first_site IN (", sites, ")");
}

}  // namespace essaim::cohort
