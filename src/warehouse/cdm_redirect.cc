#include "warehouse/cdm_redirect.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/extensions.h"
#include "warehouse/prior_rows.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

// Rows of numbers into a table of BIGINT columns.
absl::Status Insert(SqlEngine& engine, const std::string& table,
                    const std::vector<std::vector<std::int64_t>>& rows) {
  constexpr std::size_t kRowsAtOnce = 500;
  for (std::size_t at = 0; at < rows.size(); at += kRowsAtOnce) {
    std::vector<std::string> values;
    for (std::size_t i = at; i < std::min(rows.size(), at + kRowsAtOnce); ++i)
      values.push_back(absl::StrCat("(", absl::StrJoin(rows[i], ", "), ")"));
    ESSAIM_RETURN_IF_ERROR(engine.Execute(
        absl::StrCat("INSERT INTO ", table, " VALUES ", absl::StrJoin(values, ", "))));
  }
  return absl::OkStatus();
}

// Links in the order in which they were said, of a query of two columns.
absl::StatusOr<IdLinks> ReadLinks(SqlEngine& engine, const std::string& sql) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine.Query(sql));
  IdLinks links;
  for (const auto& row : rows.rows) Link(links, WholeOf(row[0]), WholeOf(row[1]));
  return links;
}

bool IsTheVisit(const CdmTable& table) {
  const CdmField* key = table.PrimaryKey();
  return key != nullptr && key->name == "visit_occurrence_id";
}

}  // namespace

absl::Status Redirect::Run(const Redirections& said) {
  ESSAIM_RETURN_IF_ERROR(Keep(said));
  ESSAIM_ASSIGN_OR_RETURN(
      const IdLinks persons,
      ReadLinks(engine_, "SELECT from_id, into_id FROM essaim_merged ORDER BY number"));
  ESSAIM_RETURN_IF_ERROR(JoinVisits());
  ESSAIM_RETURN_IF_ERROR(MoveVisits(persons));
  return persons.empty() ? absl::OkStatus() : MergePersons(persons);
}

absl::Status Redirect::Keep(const Redirections& said) {
  std::vector<std::vector<std::int64_t>> persons, visits, moves;
  IdLinks links;  // essaim_merged has no order within a load: what is left of these at its end
  for (const auto& [from, into] : said.persons) Link(links, from, into);
  for (const auto& [from, into] : links) persons.push_back({number_, from, into});
  std::int64_t step = 0;
  for (const auto& [from, into] : said.visits) visits.push_back({number_, ++step, from, into});
  for (const Redirections::Move& m : said.moves)
    moves.push_back({number_, ++step, m.visit, m.from, m.into});
  ESSAIM_RETURN_IF_ERROR(Insert(engine_, "essaim_merged", persons));
  ESSAIM_RETURN_IF_ERROR(Insert(engine_, "essaim_visit_joined", visits));
  return Insert(engine_, "essaim_visit_moved", moves);
}

absl::Status Redirect::KeepPriorOf(const CdmTable& table, const std::string& where) {
  return KeepPrior(engine_, table, number_, where);
}

int Redirect::DaysBetween(std::int64_t from, std::int64_t into) const {
  return shift_ == nullptr ? 0 : shift_->DaysOf(into) - shift_->DaysOf(from);
}

// Dates that were moved as one person's are moved on to where the other's are.
std::string Redirect::MovedDates(const CdmTable& table, const std::string& days) const {
  std::string set;
  if (shift_ == nullptr) return set;
  for (const CdmField& field : table.fields) {
    const bool day = field.type == CdmType::kDate;
    if (!day && field.type != CdmType::kDateTime) continue;
    const std::string name = SqlName(field);
    const std::string moved =
        day ? engine_.dialect().AddDays(name, days) : engine_.dialect().AddDaysToTime(name, days);
    absl::StrAppend(&set, ", ", name, " = CASE WHEN EXTRACT(YEAR FROM ", name, ") >= 9999 THEN ",
                    name, " ELSE ", moved, " END");
  }
  return set;
}

// A number that stands for another visit's gives way in every table.
absl::Status Redirect::JoinVisits() {
  ESSAIM_ASSIGN_OR_RETURN(
      const IdLinks joined,
      ReadLinks(engine_, "SELECT from_id, into_id FROM essaim_visit_joined ORDER BY number, step"));
  if (joined.empty()) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("CREATE TABLE essaim_redirect_visit (from_id BIGINT, into_id BIGINT)"));
  std::vector<std::vector<std::int64_t>> rows;
  for (const auto& [from, into] : joined) rows.push_back({from, EndOf(joined, into)});
  ESSAIM_RETURN_IF_ERROR(Insert(engine_, "essaim_redirect_visit", rows));
  const std::string where = "visit_occurrence_id IN (SELECT from_id FROM essaim_redirect_visit)";
  for (const CdmTable* table : LoadedTables()) {
    if (table->Field("visit_occurrence_id") == nullptr) continue;
    const std::string name(table->name);
    ESSAIM_RETURN_IF_ERROR(KeepPriorOf(*table, where));
    if (IsTheVisit(*table)) {
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
          "DELETE FROM ", name, " WHERE EXISTS (SELECT 1 FROM essaim_redirect_visit r JOIN ", name,
          " o ON o.visit_occurrence_id = r.into_id WHERE r.from_id = ", name,
          ".visit_occurrence_id)")));
    }
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "UPDATE ", name, " SET essaim_load = ", number_,
        ", visit_occurrence_id = (SELECT into_id FROM essaim_redirect_visit WHERE from_id = ", name,
        ".visit_occurrence_id) WHERE ", where)));
  }
  return engine_.Execute("DROP TABLE essaim_redirect_visit");
}

// A visit that was another person's takes its rows along.
absl::Status Redirect::MoveVisits(const IdLinks& persons) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows moved,
      engine_.Query(
          "SELECT visit_occurrence_id, into_id FROM essaim_visit_moved ORDER BY number, step"));
  IdLinks owners;
  for (const auto& row : moved.rows) owners[WholeOf(row[0])] = EndOf(persons, WholeOf(row[1]));
  if (owners.empty()) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(FindMoves(owners));
  for (const CdmTable* table : LoadedTables()) {
    if (table->Field("visit_occurrence_id") == nullptr || table->Field("person_id") == nullptr)
      continue;
    const std::string name(table->name);
    const std::string here =
        absl::StrCat(" FROM essaim_redirect_move m WHERE m.visit_id = ", name,
                     ".visit_occurrence_id AND m.from_id = ", name, ".person_id)");
    const std::string where = absl::StrCat("EXISTS (SELECT 1", here);
    ESSAIM_RETURN_IF_ERROR(KeepPriorOf(*table, where));
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute(absl::StrCat("UPDATE ", name, " SET essaim_load = ", number_,
                                     MovedDates(*table, absl::StrCat("(SELECT m.days", here)),
                                     ", person_id = (SELECT m.into_id", here, " WHERE ", where)));
  }
  ESSAIM_RETURN_IF_ERROR(FollowImages());
  return engine_.Execute("DROP TABLE essaim_redirect_move");
}

// What hangs on an image without a visit of its own is of whom the image is.
absl::Status Redirect::FollowImages() {
  for (const CdmTable* table : LoadedTables()) {
    if (table->Field("image_occurrence_id") == nullptr || table->name == "image_occurrence")
      continue;
    const std::string name(table->name);
    const std::string image = absl::StrCat(
        " FROM image_occurrence i WHERE i.image_occurrence_id = ", name, ".image_occurrence_id");
    const std::string where =
        absl::StrCat("EXISTS (SELECT 1", image, " AND i.person_id <> ", name, ".person_id)");
    ESSAIM_RETURN_IF_ERROR(KeepPriorOf(*table, where));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("UPDATE ", name, " SET essaim_load = ", number_,
                     ", person_id = (SELECT i.person_id", image, ") WHERE ", where)));
  }
  return absl::OkStatus();
}

// essaim_redirect_move: whose rows of which visit become whose, and by how many days.
absl::Status Redirect::FindMoves(const IdLinks& owners) {
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("CREATE TABLE essaim_redirect_owner (visit_id BIGINT, person_id BIGINT)"));
  std::vector<std::vector<std::int64_t>> rows;
  for (const auto& [visit, person] : owners) rows.push_back({visit, person});
  ESSAIM_RETURN_IF_ERROR(Insert(engine_, "essaim_redirect_owner", rows));
  std::set<std::vector<std::int64_t>> moves;
  for (const CdmTable* table : LoadedTables()) {
    if (table->Field("visit_occurrence_id") == nullptr || table->Field("person_id") == nullptr)
      continue;
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows found,
        engine_.Query(absl::StrCat(
            "SELECT DISTINCT o.visit_id, t.person_id, o.person_id FROM ", Av(table->name),
            " t JOIN essaim_redirect_owner o ON o.visit_id = t.visit_occurrence_id WHERE "
            "t.person_id <> o.person_id")));
    for (const auto& row : found.rows) {
      const std::int64_t from = WholeOf(row[1]), into = WholeOf(row[2]);
      moves.insert({WholeOf(row[0]), from, into, DaysBetween(from, into)});
    }
  }
  ESSAIM_RETURN_IF_ERROR(engine_.Execute("DROP TABLE essaim_redirect_owner"));
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("CREATE TABLE essaim_redirect_move (visit_id BIGINT, from_id BIGINT, "
                      "into_id BIGINT, days BIGINT)"));
  return Insert(engine_, "essaim_redirect_move", {moves.begin(), moves.end()});
}

// Who was found to be another person is so in every table.
absl::Status Redirect::MergePersons(const IdLinks& persons) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows kept,
                          engine_.Query("SELECT from_id, into_id FROM essaim_merged"));
  std::set<std::pair<std::int64_t, std::int64_t>> known;
  for (const auto& row : kept.rows) known.insert({WholeOf(row[0]), WholeOf(row[1])});
  std::vector<std::vector<std::int64_t>> redirect, ends;
  for (const auto& [from, first] : persons) {
    const std::int64_t last = EndOf(persons, first);
    redirect.push_back({from, last, DaysBetween(from, last)});
    // Kept without its steps too, so that whoever asks who a person became reads one row.
    if (!known.contains({from, last})) ends.push_back({number_, from, last});
  }
  ESSAIM_RETURN_IF_ERROR(Insert(engine_, "essaim_merged", ends));
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("CREATE TABLE essaim_redirect (from_id BIGINT, into_id BIGINT, days "
                      "BIGINT)"));
  ESSAIM_RETURN_IF_ERROR(Insert(engine_, "essaim_redirect", redirect));
  const std::string where = "person_id IN (SELECT from_id FROM essaim_redirect)";
  for (const CdmTable* each : LoadedTables()) {
    const CdmTable& table = *each;
    if (table.Field("person_id") == nullptr) continue;
    ESSAIM_RETURN_IF_ERROR(KeepPriorOf(table, where));
    if (table.name == "death") ESSAIM_RETURN_IF_ERROR(DropSecondDeaths());
    const std::string here =
        absl::StrCat(" FROM essaim_redirect WHERE from_id = ", Av(table.name), ".person_id)");
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        table.name == "person"
            ? absl::StrCat("DELETE FROM person WHERE ", where)
            : absl::StrCat("UPDATE ", Av(table.name), " SET essaim_load = ", number_,
                           MovedDates(table, "(SELECT days" + here),
                           ", person_id = (SELECT into_id", here, " WHERE ", where)));
  }
  ESSAIM_RETURN_IF_ERROR(JoinObservationPeriods());
  return engine_.Execute("DROP TABLE essaim_redirect");
}

// A person dies once. What this load says counts, as it does where nobody is merged; else what the
// remaining person has already, which is the record that goes on; else what was loaded last, the
// earliest day of it: a death is written down late, never early.
absl::Status Redirect::DropSecondDeaths() {
  const std::string row = engine_.dialect().RowName();
  const std::string day = engine_.dialect().AddDays("d.death_date", "COALESCE(r.days, 0)");
  const std::string others = absl::StrCat(
      row,
      " IN (SELECT name FROM (SELECT d.name, ROW_NUMBER() OVER (PARTITION BY COALESCE(r.into_id, "
      "d.person_id) ORDER BY CASE "
      "WHEN d.essaim_load = ",
      number_,
      " THEN 0 ELSE 1 END, CASE WHEN r.into_id IS NULL THEN 0 ELSE 1 END, d.essaim_load "
      "DESC, ",
      day, ", d.person_id) AS place FROM (SELECT ", row,
      " AS name, person_id, death_date, essaim_load FROM death) d LEFT JOIN essaim_redirect r ON "
      "r.from_id = d.person_id "
      "WHERE COALESCE(r.into_id, d.person_id) IN (SELECT o.into_id FROM essaim_redirect o JOIN "
      "death e ON e.person_id = o.from_id)) ranked WHERE place > 1)");
  // Those of the persons who are no more are kept already.
  ESSAIM_RETURN_IF_ERROR(KeepPriorOf(
      *FindCdmTable("death"),
      absl::StrCat("person_id NOT IN (SELECT from_id FROM essaim_redirect) AND ", others)));
  return engine_.Execute("DELETE FROM death WHERE " + others);
}

// Periods of two who were one may overlap, which the CDM does not allow: each run of overlapping
// ones becomes one, under the derived period's key if it is among them.
absl::Status Redirect::JoinObservationPeriods() {
  const std::string persons = absl::StrCat(
      "person_id IN (SELECT person_id FROM observation_period WHERE essaim_load = ", number_,
      " AND person_id IN (SELECT into_id FROM essaim_redirect))");
  ESSAIM_RETURN_IF_ERROR(KeepPriorOf(*FindCdmTable("observation_period"), persons));
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
      number_, " FROM essaim_joined")));
  return engine_.Execute("DROP TABLE essaim_joined");
}

}  // namespace essaim
