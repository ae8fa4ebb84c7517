#include "warehouse/cdm_load.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "omop/extensions.h"
#include "warehouse/cdm_period.h"
#include "warehouse/cdm_redirect.h"
#include "warehouse/cdm_staging.h"
#include "warehouse/expression_sql.h"
#include "warehouse/load_manifest.h"
#include "warehouse/prior_rows.h"
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
        same_key_(source.same_key()),
        kind_(source.kind()),
        options_(options),
        report_(report) {}

  absl::Status Run(const CdmStaging& staging) {
    ESSAIM_RETURN_IF_ERROR(TakeBack(staging));
    for (const auto& [table, staged] : staging.staged()) {
      const bool direct = staging.IsDirect(*table);
      const bool may_repeat = same_key_ != SameKey::kAllStay && !(direct && staged.keys_grow);
      if (direct && may_repeat) ESSAIM_RETURN_IF_ERROR(KeepLast(*table));
      if (staged.n_rows > 0) ESSAIM_RETURN_IF_ERROR(direct ? GiveWay(*table) : Take(*table));
      if (may_repeat) ESSAIM_RETURN_IF_ERROR(CountKept(*table, staged.n_rows));
      if (direct) continue;
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("DROP TABLE staged_", Av(table->name))));
    }
    ESSAIM_RETURN_IF_ERROR(LeaveVisits(staging));
    return Redirect(engine_, report_.number, options_.date_shift).Run(staging.said());
  }

  // Periods of the persons whose visits this load brought, changed, took back or moved, over all
  // the visits that they have; also of those who had visits before their row of person came. Until
  // that comes they have none: a period of nobody would count as a person observed.
  absl::Status DeriveObservationPeriods() {
    ESSAIM_RETURN_IF_ERROR(MakePrior(engine_, *FindCdmTable("visit_occurrence")));
    const std::string persons = absl::StrCat(
        "person_id IN (SELECT person_id FROM visit_occurrence WHERE essaim_load = ", report_.number,
        " UNION SELECT person_id FROM essaim_prior_visit_occurrence WHERE replaced_by = ",
        report_.number,
        " UNION SELECT person_id FROM person p WHERE essaim_load = ", report_.number,
        " AND NOT EXISTS (SELECT 1 FROM observation_period o WHERE o.person_id = p.person_id))");
    // Also what was derived of who became this person.
    const std::string own = absl::StrCat(
        "(observation_period_id = person_id OR observation_period_id IN (SELECT from_id FROM "
        "essaim_merged)) AND ",
        persons);
    ESSAIM_RETURN_IF_ERROR(
        KeepPrior(engine_, *FindCdmTable("observation_period"), report_.number, own));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("DELETE FROM observation_period WHERE " + own));
    // 44814724: period covering healthcare encounters.
    return engine_.Execute(absl::StrCat(
        "INSERT INTO observation_period (observation_period_id, person_id, "
        "observation_period_start_date, observation_period_end_date, period_type_concept_id, "
        "essaim_load) SELECT person_id, person_id, MIN(visit_start_date), "
        "MAX(COALESCE(visit_end_date, visit_start_date)), 44814724, ",
        report_.number, " FROM visit_occurrence WHERE ", persons,
        " AND person_id IN (SELECT person_id FROM person) GROUP BY person_id"));
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
  // Rows that the source took back before it ended, unless they came again after that.
  absl::Status TakeBack(const CdmStaging& staging) {
    for (const auto& [table, rows] : staging.removed()) {
      ESSAIM_RETURN_IF_ERROR(
          engine_.Execute("CREATE TABLE essaim_removed (id BIGINT, before_row BIGINT)"));
      ESSAIM_ASSIGN_OR_RETURN(const auto appender,
                              engine_.Append("essaim_removed", {"id", "before_row"}));
      for (const auto& [key, before_row] : rows) {
        const std::string id = absl::StrCat(key), row = absl::StrCat(before_row);
        ESSAIM_RETURN_IF_ERROR(
            appender->Row(std::array<std::optional<std::string_view>, 2>{id, row}));
      }
      ESSAIM_RETURN_IF_ERROR(appender->Close());
      const std::string name(table->name), field = SqlName(*table->PrimaryKey());
      const std::string where = field + " IN (SELECT id FROM essaim_removed)";
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(
          absl::StrCat("DELETE FROM staged_", name,
                       " WHERE EXISTS (SELECT 1 FROM essaim_removed r WHERE r.id = staged_", name,
                       ".", field, " AND staged_", name, ".essaim_row < r.before_row)")));
      ESSAIM_RETURN_IF_ERROR(KeepPrior(engine_, *table, report_.number, where));
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("DELETE FROM ", name, " WHERE ", where)));
      ESSAIM_RETURN_IF_ERROR(engine_.Execute("DROP TABLE essaim_removed"));
    }
    return absl::OkStatus();
  }

  // What is there of a visit that was taken back stays, of no visit; what cannot be without one
  // goes with it.
  absl::Status LeaveVisits(const CdmStaging& staging) {
    const auto removed = staging.removed().find(FindCdmTable("visit_occurrence"));
    if (removed == staging.removed().end()) return absl::OkStatus();
    std::set<std::int64_t> visits;
    for (const auto& [key, before_row] : removed->second) visits.insert(key);
    for (const CdmTable* table : LoadedTables()) {
      const CdmField* field = table->Field("visit_occurrence_id");
      if (field == nullptr || table->name == "visit_occurrence") continue;
      const std::string name(table->name);
      const std::string where =
          absl::StrCat("visit_occurrence_id IN (", absl::StrJoin(visits, ", "),
                       ") AND NOT EXISTS (SELECT 1 "
                       "FROM visit_occurrence v WHERE v.visit_occurrence_id = ",
                       name, ".visit_occurrence_id)");
      ESSAIM_RETURN_IF_ERROR(KeepPrior(engine_, *table, report_.number, where));
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(
          field->required ? absl::StrCat("DELETE FROM ", name, " WHERE ", where)
                          : absl::StrCat("UPDATE ", name, " SET visit_occurrence_id = NULL, ",
                                         "essaim_load = ", report_.number, " WHERE ", where)));
    }
    return absl::OkStatus();
  }

  // Of the load's own rows of one key, which are in the table already.
  absl::Status KeepLast(const CdmTable& table) {
    const std::string name(table.name), field = SqlName(*table.PrimaryKey());
    const std::string row = engine_.dialect().RowName();
    const std::string twice = absl::StrCat(" FROM ", name, " WHERE essaim_load = ", report_.number,
                                           " GROUP BY ", field, " HAVING COUNT(*) > 1");
    ESSAIM_ASSIGN_OR_RETURN(
        const std::int64_t n,
        Number(engine_, absl::StrCat("SELECT COUNT(*) FROM (SELECT ", field, twice, ") t")));
    if (n == 0) return absl::OkStatus();
    return engine_.Execute(absl::StrCat(
        "DELETE FROM ", name, " WHERE essaim_load = ", report_.number, " AND ", field,
        " IN (SELECT ", field, twice, ") AND ", row, " NOT IN (SELECT MAX(", row, ")", twice, ")"));
  }

  // Of the load's rows those that stay.
  absl::Status CountKept(const CdmTable& table, std::uint64_t n_given) {
    ESSAIM_ASSIGN_OR_RETURN(const std::int64_t n,
                            Number(engine_, absl::StrCat("SELECT COUNT(*) FROM ", Av(table.name),
                                                         " WHERE essaim_load = ", report_.number)));
    const auto n_kept = static_cast<std::uint64_t>(n);
    const auto at = std::ranges::find(report_.tables, table.name, &CdmTableReport::table);
    if (at == report_.tables.end() || n_kept >= n_given) return absl::OkStatus();
    at->n_loaded = n_kept;
    if (same_key_ == SameKey::kLastStaysIfAny) return absl::OkStatus();  // messages say all again
    report_.notices.push_back(
        absl::StrCat(Av(table.name), ": ", n_given, " rows given, ", n_kept,
                     " loaded: others came again later in the load, or were there already"));
    return absl::OkStatus();
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
    ESSAIM_RETURN_IF_ERROR(KeepPrior(engine_, table, report_.number, same));
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
    if (options_.period.empty()) return TakeOutWhere(table, where);
    if (DayFieldOf(table) == nullptr) {
      report_.notices.push_back(absl::StrCat(
          Av(table.name), ": its rows have no day, so none is closed as one of the period"));
      return absl::OkStatus();
    }
    PeriodRows rows(engine_, options_.period, options_.date_shift);
    ESSAIM_ASSIGN_OR_RETURN(const std::string within, rows.Where(table));
    ESSAIM_RETURN_IF_ERROR(TakeOutWhere(table, absl::StrCat(where, " AND ", within)));
    ESSAIM_ASSIGN_OR_RETURN(const std::int64_t n_outside,
                            Number(engine_, absl::StrCat("SELECT COUNT(*) FROM ", Av(table.name),
                                                         " WHERE essaim_load = ", report_.number,
                                                         " AND NOT ", within)));
    if (n_outside > 0) {
      report_.notices.push_back(absl::StrCat(Av(table.name), ": ", n_outside,
                                             " rows of the files lie outside the period; loaded"));
    }
    return rows.Done();
  }

  absl::Status TakeOutWhere(const CdmTable& table, const std::string& where) {
    ESSAIM_RETURN_IF_ERROR(KeepPrior(engine_, table, report_.number, where));
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
    if (key == nullptr && same_key_ != SameKey::kAllStay && table.name == "death")
      key = table.Field("person_id");
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
    ESSAIM_RETURN_IF_ERROR(KeepPrior(engine_, table, report_.number, same));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat("DELETE FROM ", name, " WHERE ", same)));
    const std::string last =
        same_key_ != SameKey::kAllStay
            ? absl::StrCat(" WHERE essaim_row IN (SELECT MAX(essaim_row) FROM staged_", name,
                           " GROUP BY ", field, ")")
            : "";
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute(absl::StrCat("INSERT INTO ", name, " (", columns, ", essaim_load) SELECT ",
                                     columns, ", ", report_.number, " FROM staged_", name, last)));
    if (!options_.whole) return absl::OkStatus();
    ESSAIM_RETURN_IF_ERROR(TakeOut(table));
    return CountClosed(table, field);
  }

  absl::Status CountPriors() {
    ESSAIM_ASSIGN_OR_RETURN(const std::set<std::string> priors, FindPriors());
    std::vector<CdmTableReport> tables;
    for (const CdmTable* each : LoadedTables()) {
      const CdmTable& table = *each;
      const auto at = std::ranges::find(report_.tables, table.name, &CdmTableReport::table);
      CdmTableReport entry =
          at == report_.tables.end() ? CdmTableReport{.table = std::string(table.name)} : *at;
      const std::string prior = absl::StrCat("essaim_prior_", Av(table.name));
      if (priors.contains(prior)) {
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

  absl::StatusOr<std::set<std::string>> FindPriors() {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query("SELECT DISTINCT table_name FROM information_schema.tables WHERE table_name "
                      "LIKE 'essaim_prior_%'"));
    std::set<std::string> names;
    for (const auto& row : rows.rows) names.insert(std::get<std::string>(row[0]));
    return names;
  }

  SqlEngine& engine_;
  const SameKey same_key_;
  const std::string_view kind_;
  const CdmLoadOptions& options_;
  CdmLoadReport& report_;
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
  CdmStaging staging(engine, options, source.same_key(), source.bytes_total(), report);
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
  for (const char* from :
       {"essaim_loads", "essaim_load_files", "essaim_load_tables", "essaim_merged",
        "essaim_visit_joined", "essaim_visit_moved", "essaim_rejected"})
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
