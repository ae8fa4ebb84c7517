#include "warehouse/cdm_load.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "omop/extensions.h"
#include "warehouse/cdm_staging.h"
#include "warehouse/expression_sql.h"
#include "warehouse/load_manifest.h"
#include "warehouse/vocabulary_load.h"

namespace essaim {
namespace {

absl::StatusOr<std::int64_t> Number(SqlEngine& engine, const std::string& sql) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine.Query(sql));
  if (rows.rows.size() != 1) return absl::InternalError("a count without a row");
  const auto* value = std::get_if<std::int64_t>(&rows.rows[0][0]);
  return value == nullptr ? 0 : *value;
}

// From staged tables into the CDM's, within the caller's transaction.
class Merge {
 public:
  Merge(SqlEngine& engine, const CdmSource& source, const CdmLoadOptions& options,
        CdmLoadReport& report)
      : engine_(engine),
        last_row_wins_(source.last_row_wins()),
        kind_(source.kind()),
        options_(options),
        report_(report) {}

  absl::Status Run(const CdmStaging& staging) {
    for (const auto& [table, n_rows] : staging.staged()) {
      const bool direct = CdmStaging::IsDirect(*table, last_row_wins_);
      if (n_rows > 0) ESSAIM_RETURN_IF_ERROR(direct ? GiveWay(*table) : Take(*table));
      if (direct) continue;
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("DROP TABLE staged_", Av(table->name))));
    }
    for (const auto& [table, key] : staging.removed()) {
      const std::string where = absl::StrCat(SqlName(*table->PrimaryKey()), " = ", key);
      ESSAIM_RETURN_IF_ERROR(KeepPrior(*table, where));
      ESSAIM_RETURN_IF_ERROR(
          engine_.Execute(absl::StrCat("DELETE FROM ", Av(table->name), " WHERE ", where)));
    }
    for (const auto& [from, into] : staging.merged()) {
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
          "INSERT INTO essaim_merged VALUES (", report_.number, ", ", from, ", ", into, ")")));
    }
    return Redirect();
  }

  // Periods of the persons whose visits this load brought, over all their visits.
  absl::Status DeriveObservationPeriods() {
    const std::string persons = absl::StrCat(
        "person_id IN (SELECT person_id FROM visit_occurrence WHERE essaim_load = ", report_.number,
        ")");
    const std::string own = absl::StrCat("observation_period_id = person_id AND ", persons);
    ESSAIM_RETURN_IF_ERROR(KeepPrior(*FindCdmTable("observation_period"), own));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("DELETE FROM observation_period WHERE " + own));
    // 44814724: period covering healthcare encounters.
    return engine_.Execute(absl::StrCat(
        "INSERT INTO observation_period (observation_period_id, person_id, "
        "observation_period_start_date, observation_period_end_date, period_type_concept_id, "
        "essaim_load) SELECT person_id, person_id, MIN(visit_start_date), "
        "MAX(COALESCE(visit_end_date, visit_start_date)), 44814724, ",
        report_.number, " FROM visit_occurrence WHERE ", persons, " GROUP BY person_id"));
  }

  // Also of tables that only changed.
  absl::Status CountReplaced() {
    for (const char* derived : {"observation_period"}) {
      ESSAIM_ASSIGN_OR_RETURN(
          const std::int64_t n,
          Number(engine_, absl::StrCat("SELECT COUNT(*) FROM ", derived,
                                       " WHERE essaim_load = ", report_.number)));
      const auto at = std::ranges::find(report_.tables, derived, &CdmTableReport::table);
      if (at == report_.tables.end() && n > 0)
        report_.tables.push_back({.table = derived, .n_loaded = static_cast<std::uint64_t>(n)});
    }
    return CountPriors();
  }

 private:
  // A copy of the rows that are about to change, for an undo. Rows that this load brought need
  // none.
  absl::Status KeepPrior(const CdmTable& table, const std::string& where) {
    const std::string name(table.name), columns = ColumnsOf(table);
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "CREATE TABLE IF NOT EXISTS essaim_prior_", name, " (",
        DefinitionsOf(table, engine_.dialect()), ", essaim_load BIGINT, replaced_by BIGINT)")));
    return engine_.Execute(absl::StrCat("INSERT INTO essaim_prior_", name, " SELECT ", columns,
                                        ", essaim_load, ", report_.number, " FROM ", name,
                                        " WHERE essaim_load <> ", report_.number, " AND ", where));
  }

  // Earlier rows of the keys that this load brought; its own are in the table already.
  absl::Status GiveWay(const CdmTable& table) {
    const std::string name(table.name);
    const std::string earlier = absl::StrCat("COALESCE(essaim_load, 0) <> ", report_.number);
    ESSAIM_ASSIGN_OR_RETURN(
        const std::int64_t n,
        Number(engine_, absl::StrCat("SELECT COUNT(*) FROM (SELECT 1 AS one FROM ", name, " WHERE ",
                                     earlier, " LIMIT 1) e")));
    if (n == 0) return absl::OkStatus();
    const std::string field = SqlName(*table.PrimaryKey());
    const std::string same = absl::StrCat(field, " IN (SELECT ", field, " FROM ", name,
                                          " WHERE essaim_load = ", report_.number, ")");
    ESSAIM_RETURN_IF_ERROR(KeepPrior(table, same));
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute(absl::StrCat("DELETE FROM ", name, " WHERE ", earlier, " AND ", same)));
    if (!options_.whole) return absl::OkStatus();
    ESSAIM_RETURN_IF_ERROR(TakeOut(table));
    return CountClosed(table, field);
  }

  // Rows that came from the same kind of source and that this load did not bring.
  absl::Status TakeOut(const CdmTable& table) {
    const std::string where = absl::StrCat("essaim_load <> ", report_.number,
                                           " AND essaim_load IN (SELECT number FROM essaim_loads ",
                                           "WHERE kind = ", SqlText(std::string(kind_)), ")");
    ESSAIM_RETURN_IF_ERROR(KeepPrior(table, where));
    return engine_.Execute(absl::StrCat("DELETE FROM ", Av(table.name), " WHERE ", where));
  }

  // How many of the rows that gave way are there in no form any more.
  absl::Status CountClosed(const CdmTable& table, const std::string& columns) {
    ESSAIM_ASSIGN_OR_RETURN(
        const std::int64_t n,
        Number(engine_,
               absl::StrCat("SELECT COUNT(*) FROM (SELECT ", columns, " FROM essaim_prior_",
                            Av(table.name), " WHERE replaced_by = ", report_.number,
                            " EXCEPT SELECT ", columns, " FROM ", Av(table.name), ") gone")));
    const auto at = std::ranges::find(report_.tables, table.name, &CdmTableReport::table);
    if (at != report_.tables.end()) at->n_closed = static_cast<std::uint64_t>(n);
    return absl::OkStatus();
  }

  // Rows of the same key give way; of tables without a key, rows that are there already are not
  // added again. A death has no key in the CDM, but a person has one death.
  absl::Status Take(const CdmTable& table) {
    const std::string name(table.name), columns = ColumnsOf(table);
    const CdmField* key = table.PrimaryKey();
    if (key == nullptr && last_row_wins_ && table.name == "death") key = table.Field("person_id");
    if (key == nullptr) {
      // Without a key, rows that a whole file still has go out with the rest and come in again.
      if (options_.whole) ESSAIM_RETURN_IF_ERROR(TakeOut(table));
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(
          absl::StrCat("INSERT INTO ", name, " (", columns, ", essaim_load) SELECT s.*, ",
                       report_.number, " FROM (SELECT ", columns, " FROM staged_", name,
                       " EXCEPT SELECT ", columns, " FROM ", name, ") s")));
      return options_.whole ? CountClosed(table, columns) : absl::OkStatus();
    }
    const std::string field = SqlName(*key);
    const std::string same = absl::StrCat(field, " IN (SELECT ", field, " FROM staged_", name, ")");
    ESSAIM_RETURN_IF_ERROR(KeepPrior(table, same));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("DELETE FROM ", name, " WHERE ", same)));
    const std::string last =
        last_row_wins_ ? absl::StrCat(" WHERE essaim_row IN (SELECT MAX(essaim_row) FROM staged_",
                                      name, " GROUP BY ", field, ")")
                       : "";
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute(absl::StrCat("INSERT INTO ", name, " (", columns, ", essaim_load) SELECT ",
                                     columns, ", ", report_.number, " FROM staged_", name, last)));
    if (!options_.whole) return absl::OkStatus();
    ESSAIM_RETURN_IF_ERROR(TakeOut(table));
    return CountClosed(table, field);
  }

  // Who was found to be another person is so in every table, also in what comes later.
  absl::Status Redirect() {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query("SELECT from_id, into_id FROM essaim_merged ORDER BY number"));
    std::map<std::int64_t, std::int64_t> into;
    std::set<std::pair<std::int64_t, std::int64_t>> known;
    for (const auto& row : rows.rows) {
      const auto from = std::get<std::int64_t>(row[0]), to = std::get<std::int64_t>(row[1]);
      into[from] = to;
      known.insert({from, to});
    }
    if (into.empty()) return absl::OkStatus();
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute("CREATE TABLE essaim_redirect (from_id BIGINT, into_id BIGINT, days "
                        "BIGINT)"));
    for (const auto& [from, first] : into) {
      std::int64_t last = first;
      // A chain that comes back to where it began would not end: as many steps as there are links.
      for (std::size_t step = 0; step < into.size() && into.contains(last); ++step)
        last = into.at(last);
      const DateShift* shift = options_.date_shift;
      const int days = shift == nullptr ? 0 : shift->DaysOf(last) - shift->DaysOf(from);
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(
          absl::StrCat("INSERT INTO essaim_redirect VALUES (", from, ", ", last, ", ", days, ")")));
      // Kept without its steps too, so that whoever asks who a person became reads one row.
      if (!known.contains({from, last})) {
        ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
            "INSERT INTO essaim_merged VALUES (", report_.number, ", ", from, ", ", last, ")")));
      }
    }
    const std::string where = "person_id IN (SELECT from_id FROM essaim_redirect)";
    for (const CdmTable* each : LoadedTables()) {
      const CdmTable& table = *each;
      if (table.Field("person_id") == nullptr) continue;
      ESSAIM_RETURN_IF_ERROR(KeepPrior(table, where));
      if (table.name == "death") ESSAIM_RETURN_IF_ERROR(DropSecondDeaths());
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(
          table.name == "person"
              ? absl::StrCat("DELETE FROM person WHERE ", where)
              : absl::StrCat("UPDATE ", Av(table.name), " SET essaim_load = ", report_.number,
                             MovedDates(table), ", person_id = ", Redirected(table, "into_id"),
                             " WHERE ", where)));
    }
    ESSAIM_RETURN_IF_ERROR(JoinObservationPeriods());
    return engine_.Execute("DROP TABLE essaim_redirect");
  }

  static std::string Redirected(const CdmTable& table, std::string_view column) {
    return absl::StrCat("(SELECT ", Av(column),
                        " FROM essaim_redirect WHERE from_id = ", Av(table.name), ".person_id)");
  }

  // Dates that were moved as one person's are moved on to where the other's are.
  std::string MovedDates(const CdmTable& table) const {
    std::string set;
    if (options_.date_shift == nullptr) return set;
    for (const CdmField& field : table.fields) {
      const bool day = field.type == CdmType::kDate;
      if (!day && field.type != CdmType::kDateTime) continue;
      const std::string name = SqlName(field), days = Redirected(table, "days");
      const std::string moved =
          day ? engine_.dialect().AddDays(name, days) : engine_.dialect().AddDaysToTime(name, days);
      absl::StrAppend(&set, ", ", name, " = CASE WHEN EXTRACT(YEAR FROM ", name, ") >= 9999 THEN ",
                      name, " ELSE ", moved, " END");
    }
    return set;
  }

  // A person dies once: what the remaining person has already stays.
  absl::Status DropSecondDeaths() {
    return engine_.Execute(
        "DELETE FROM death WHERE EXISTS (SELECT 1 FROM essaim_redirect r JOIN death d ON "
        "d.person_id "
        "= r.into_id WHERE r.from_id = death.person_id)");
  }

  // Periods of two who were one may overlap, which the CDM does not allow: each run of overlapping
  // ones becomes one, under the derived period's key if it is among them.
  absl::Status JoinObservationPeriods() {
    const std::string persons =
        absl::StrCat("person_id IN (SELECT person_id FROM observation_period WHERE essaim_load = ",
                     report_.number, " AND person_id IN (SELECT into_id FROM essaim_redirect))");
    ESSAIM_RETURN_IF_ERROR(KeepPrior(*FindCdmTable("observation_period"), persons));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "CREATE TABLE essaim_joined AS SELECT COALESCE(MAX(CASE WHEN observation_period_id = "
        "person_id THEN person_id END), MIN(observation_period_id)) AS id, person_id, "
        "MIN(observation_period_start_date) AS first_day, MAX(observation_period_end_date) AS "
        "last_day, MIN(period_type_concept_id) AS type FROM (SELECT *, SUM(begins) OVER (PARTITION "
        "BY person_id ORDER BY observation_period_start_date, observation_period_id ROWS UNBOUNDED "
        "PRECEDING) AS run FROM (SELECT *, CASE WHEN observation_period_start_date <= "
        "MAX(observation_period_end_date) OVER (PARTITION BY person_id ORDER BY "
        "observation_period_start_date, observation_period_id ROWS BETWEEN UNBOUNDED PRECEDING AND "
        "1 PRECEDING) THEN 0 ELSE 1 END AS begins FROM observation_period WHERE ",
        persons, ") p) q GROUP BY person_id, run")));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("DELETE FROM observation_period WHERE " + persons));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "INSERT INTO observation_period (observation_period_id, person_id, "
        "observation_period_start_date, observation_period_end_date, period_type_concept_id, "
        "essaim_load) SELECT id, person_id, first_day, last_day, type, ",
        report_.number, " FROM essaim_joined")));
    return engine_.Execute("DROP TABLE essaim_joined");
  }

  absl::Status CountPriors() {
    std::vector<CdmTableReport> tables;
    for (const CdmTable* each : LoadedTables()) {
      const CdmTable& table = *each;
      const auto at = std::ranges::find(report_.tables, table.name, &CdmTableReport::table);
      CdmTableReport entry =
          at == report_.tables.end() ? CdmTableReport{.table = std::string(table.name)} : *at;
      const std::string prior = absl::StrCat("essaim_prior_", Av(table.name));
      if (priors_known_.empty()) ESSAIM_RETURN_IF_ERROR(FindPriors());
      if (std::ranges::find(priors_known_, prior) != priors_known_.end()) {
        ESSAIM_ASSIGN_OR_RETURN(
            const std::int64_t n,
            Number(engine_, absl::StrCat("SELECT COUNT(*) FROM ", prior,
                                         " WHERE replaced_by = ", report_.number)));
        entry.n_replaced = static_cast<std::uint64_t>(n);
      }
      if (entry.n_loaded + entry.n_rejected + entry.n_replaced > 0) tables.push_back(entry);
    }
    report_.tables = std::move(tables);
    return absl::OkStatus();
  }

  absl::Status FindPriors() {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query("SELECT DISTINCT table_name FROM information_schema.tables WHERE table_name "
                      "LIKE 'essaim_prior_%'"));
    for (const auto& row : rows.rows) priors_known_.push_back(std::get<std::string>(row[0]));
    return absl::OkStatus();
  }

  SqlEngine& engine_;
  const bool last_row_wins_;
  const std::string_view kind_;
  const CdmLoadOptions& options_;
  CdmLoadReport& report_;
  std::vector<std::string> priors_known_;
};

// Rejected rows of earlier loads that came again with this one.
absl::Status MarkRetried(SqlEngine& engine, const std::vector<RejectedId>& rows,
                         std::int64_t number) {
  for (const RejectedId& row : rows) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(
        absl::StrCat("UPDATE essaim_rejected SET retried_by = ", number,
                     " WHERE number = ", row.load, " AND row_number = ", row.row_number)));
  }
  return absl::OkStatus();
}

// Rows of persons whose dates are moved in two ways would have no intervals. The first load of a
// warehouse without such rows decides.
absl::Status CheckDateShift(SqlEngine& engine, const DateShift* shift) {
  const std::string wanted = shift == nullptr ? "not moved" : shift->settings();
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows kept,
      engine.Query("SELECT value FROM essaim_settings WHERE name = 'date_shift'"));
  const std::string found =
      kept.rows.empty() ? "not moved" : std::get<std::string>(kept.rows[0][0]);
  if (found == wanted) return absl::OkStatus();
  for (const CdmTable* each : LoadedTables()) {
    const CdmTable& table = *each;
    if (PersonFieldOf(table) == nullptr) continue;
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows some, engine.Query(absl::StrCat(
                                                    "SELECT 1 FROM ", Av(table.name), " LIMIT 1")));
    if (some.rows.empty()) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the warehouse's dates are: ", found, "; this load's would be: ", wanted,
                     ". They must be the same for all loads: undo the loads, or give the setting "
                     "back its value"));
  }
  ESSAIM_RETURN_IF_ERROR(engine.Execute("DELETE FROM essaim_settings WHERE name = 'date_shift'"));
  return engine.Execute(
      absl::StrCat("INSERT INTO essaim_settings VALUES ('date_shift', ", SqlText(wanted), ")"));
}

absl::Status LoadInTransaction(SqlEngine& engine, CdmSource& source, const CdmLoadOptions& options,
                               CdmLoadReport& report) {
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t last,
                          Number(engine, "SELECT MAX(number) FROM essaim_loads"));
  report.number = last + 1;
  ESSAIM_RETURN_IF_ERROR(CheckDateShift(engine, options.date_shift));
  CdmStaging staging(engine, options, source.last_row_wins(), source.bytes_total(), report);
  ESSAIM_RETURN_IF_ERROR(source.Read(staging));
  ESSAIM_RETURN_IF_ERROR(staging.Finish());
  std::vector<std::string> hashes;
  for (const CdmFileReport& f : report.files) hashes.push_back(f.sha256);
  report.load_id = ToHex(crypto::HashOf(
      "essaim/cdm-load", {source.kind(), source.settings(), absl::StrJoin(hashes, ",")}));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::int64_t known,
      Number(engine, absl::StrCat("SELECT COUNT(*) FROM essaim_loads WHERE load_id = ",
                                  SqlText(report.load_id))));
  report.known = known > 0;
  if (report.known) return absl::OkStatus();
  Merge merge(engine, source, options, report);
  ESSAIM_RETURN_IF_ERROR(merge.Run(staging));
  if (source.derives_observation_periods())
    ESSAIM_RETURN_IF_ERROR(merge.DeriveObservationPeriods());
  ESSAIM_RETURN_IF_ERROR(merge.CountReplaced());
  ESSAIM_RETURN_IF_ERROR(MarkRetried(engine, options.retries, report.number));
  return WriteManifest(
      engine, {.kind = source.kind(), .now_ms = options.now_ms, .arguments = options.arguments},
      report);
}

}  // namespace

absl::StatusOr<CdmLoadReport> LoadCdm(SqlEngine& engine, CdmSource& source,
                                      const CdmLoadOptions& options) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  CdmLoadReport report;
  const absl::Status loaded = LoadInTransaction(engine, source, options, report);
  if (!loaded.ok() || report.known || options.dry_run) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute("ROLLBACK"));
    if (!loaded.ok()) return loaded;
    return report;
  }
  ESSAIM_RETURN_IF_ERROR(engine.Execute("COMMIT"));
  return report;
}

absl::Status UndoLastLoad(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t last,
                          Number(engine, "SELECT MAX(number) FROM essaim_loads"));
  if (last == 0) return absl::FailedPreconditionError("there is no load to undo");
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows tables,
      engine.Query(absl::StrCat(
          "SELECT cdm_table, n_replaced FROM essaim_load_tables WHERE number = ", last)));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::int64_t is_vocabulary,
      Number(engine, absl::StrCat("SELECT COUNT(*) FROM essaim_loads WHERE kind = 'vocabulary' AND "
                                  "number = ",
                                  last)));
  std::vector<std::string> statements = {"BEGIN"};
  if (is_vocabulary > 0) {
    ESSAIM_ASSIGN_OR_RETURN(const auto exchange, UndoVocabulary(engine, last));
    statements.insert(statements.end(), exchange.begin(), exchange.end());
  }
  for (const auto& row : tables.rows) {
    if (is_vocabulary > 0) break;
    const CdmTable* table = FindLoadedTable(std::get<std::string>(row[0]));
    if (table == nullptr) return absl::DataLossError("a load of a table that is none");
    const std::string name(table->name), columns = ColumnsOf(*table);
    statements.push_back(absl::StrCat("DELETE FROM ", name, " WHERE essaim_load = ", last));
    if (std::get<std::int64_t>(row[1]) == 0) continue;
    statements.push_back(absl::StrCat("INSERT INTO ", name, " (", columns, ", essaim_load) SELECT ",
                                      columns, ", essaim_load FROM essaim_prior_", name,
                                      " WHERE replaced_by = ", last));
    statements.push_back(
        absl::StrCat("DELETE FROM essaim_prior_", name, " WHERE replaced_by = ", last));
  }
  statements.push_back(
      absl::StrCat("UPDATE essaim_rejected SET retried_by = NULL WHERE retried_by = ", last));
  for (const char* from : {"essaim_loads", "essaim_load_files", "essaim_load_tables",
                           "essaim_merged", "essaim_rejected"})
    statements.push_back(absl::StrCat("DELETE FROM ", from, " WHERE number = ", last));
  statements.push_back("COMMIT");
  for (const std::string& sql : statements) {
    const absl::Status done = engine.Execute(sql);
    if (done.ok()) continue;
    ESSAIM_RETURN_IF_ERROR(engine.Execute("ROLLBACK"));
    return done;
  }
  return absl::OkStatus();
}

}  // namespace essaim
