#include "quality/profile.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/cdm.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

using Fields = std::map<std::string, std::set<std::string>, std::less<>>;  // by table

absl::StatusOr<Fields> CatalogueOf(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT table_name, column_name FROM information_schema.columns WHERE "
                   "table_schema = current_schema() AND table_catalog = current_database()"));
  Fields fields;
  for (const auto& row : rows.rows) {
    fields[absl::AsciiStrToLower(TextOf(row[0]))].insert(absl::AsciiStrToLower(TextOf(row[1])));
  }
  return fields;
}

std::int64_t CountAt(const std::vector<SqlValue>& row, std::size_t c) {
  return std::llround(NumberOf(row[c]));
}

// One pass over the table for its rows, persons and the values of every field.
absl::StatusOr<TableProfile> ProfileOfTable(SqlEngine& engine, const CdmTable& table,
                                            const std::set<std::string>& fields) {
  TableProfile profile;
  profile.name = std::string(table.name);
  std::vector<std::string> counts = {"COUNT(*)"};
  const bool has_person = fields.contains("person_id");
  if (has_person) counts.push_back("COUNT(DISTINCT person_id)");
  std::vector<const CdmField*> there;
  for (const CdmField& field : table.fields) {
    if (!fields.contains(std::string(field.name))) continue;
    there.push_back(&field);
    counts.push_back(absl::StrCat("COUNT(", SqlName(field), ")"));
  }
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat("SELECT ", absl::StrJoin(counts, ", "), " FROM ", profile.name)));
  if (rows.rows.size() != 1) return absl::InternalError("an aggregate of other than one row");
  profile.n_rows = CountAt(rows.rows[0], 0);
  if (has_person) profile.n_persons = CountAt(rows.rows[0], 1);
  for (std::size_t f = 0; profile.n_rows > 0 && f < there.size(); ++f) {
    const double n = NumberOf(rows.rows[0][f + (has_person ? 2 : 1)]);
    profile.null_shares[std::string(there[f]->name)] = 1 - n / static_cast<double>(profile.n_rows);
  }
  return profile;
}

absl::Status AddMonths(SqlEngine& engine, const std::string& as_of, SiteProfile& profile) {
  constexpr std::pair<const char*, const char*> kTables[] = {
      {"visit_occurrence", "visit_start_date"},
      {"condition_occurrence", "condition_start_date"},
      {"drug_exposure", "drug_exposure_start_date"},
      {"procedure_occurrence", "procedure_date"},
      {"measurement", "measurement_date"},
      {"observation", "observation_date"}};
  std::vector<std::string> parts;
  for (const auto& [table, date] : kTables)
    parts.push_back(absl::StrCat("SELECT person_id, ", date, " AS day FROM ", table));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat(
          "SELECT EXTRACT(YEAR FROM day) AS y, EXTRACT(MONTH FROM day) AS m, COUNT(*), "
          "COUNT(DISTINCT person_id) FROM (",
          absl::StrJoin(parts, " UNION ALL "), ") e WHERE day <= DATE '", as_of,
          "' GROUP BY 1, 2 ORDER BY 1, 2")));
  for (const auto& row : rows.rows) {
    profile.months.push_back({.year = static_cast<int>(NumberOf(row[0])),
                              .month = static_cast<int>(NumberOf(row[1])),
                              .n_rows = CountAt(row, 2),
                              .n_persons = CountAt(row, 3)});
  }
  return absl::OkStatus();
}

absl::Status AddPersons(SqlEngine& engine, const std::string& as_of, SiteProfile& profile) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat("SELECT gender_concept_id, EXTRACT(YEAR FROM DATE '", as_of,
                                "') - year_of_birth AS age, COUNT(*) FROM person WHERE "
                                "year_of_birth IS NOT NULL GROUP BY 1, 2")));
  constexpr std::int64_t kMale = 8507, kFemale = 8532;  // concepts of the domain Gender
  constexpr const char* kStrata[] = {"0-19", "20-39", "40-59", "60-79", "80+"};
  for (const auto& row : rows.rows) {
    const std::int64_t sex = CountAt(row, 0), n = CountAt(row, 2);
    const double age = std::clamp(NumberOf(row[1]), 0.0, 999.0);
    AgeBand& band =
        profile.ages[static_cast<std::size_t>(std::min<double>(kAgeBands - 1, age / 10))];
    (sex == kMale ? band.n_male : sex == kFemale ? band.n_female : band.n_other) += n;
    profile.strata[absl::StrCat(sex == kMale     ? "M "
                                : sex == kFemale ? "F "
                                                 : "? ",
                                kStrata[static_cast<std::size_t>(std::min(4.0, age / 20))])] += n;
  }
  return absl::OkStatus();
}

absl::Status AddConcepts(SqlEngine& engine, SiteProfile& profile) {
  constexpr struct {
    const char *name, *table, *field;
  } kMixes[] = {{"condition", "condition_occurrence", "condition_concept_id"},
                {"drug", "drug_exposure", "drug_concept_id"},
                {"measurement", "measurement", "measurement_concept_id"}};

  for (const auto& [name, table, field] : kMixes) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                            engine.Query(absl::StrCat("SELECT ", field, ", COUNT(*) FROM ", table,
                                                      " GROUP BY ", field)));
    Counts& counts = profile.concepts[name];
    for (const auto& row : rows.rows) counts[TextOf(row[0])] += NumberOf(row[1]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadInfo> LastLoad(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT number, load_id, loaded_at_ms FROM essaim_loads WHERE number = (SELECT "
                   "MAX(number) FROM essaim_loads)"));
  LoadInfo load;
  if (rows.rows.empty()) return load;
  load.number = CountAt(rows.rows[0], 0);
  load.load_id = TextOf(rows.rows[0][1]);
  load.loaded_at_ms = CountAt(rows.rows[0], 2);
  return load;
}

absl::StatusOr<std::vector<TableProfile>> TableProfiles(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(const Fields fields, CatalogueOf(engine));
  std::vector<TableProfile> profiles;
  for (const CdmTable& table : CdmTables()) {
    const auto at = fields.find(table.name);
    if (table.group != CdmGroup::kClinical || at == fields.end()) continue;
    ESSAIM_ASSIGN_OR_RETURN(TableProfile one, ProfileOfTable(engine, table, at->second));
    profiles.push_back(std::move(one));
  }
  return profiles;
}

absl::StatusOr<SiteProfile> ProfileOf(SqlEngine& engine, const std::string& as_of) {
  SiteProfile profile;
  profile.engine = std::string(engine.dialect().name());
  ESSAIM_ASSIGN_OR_RETURN(profile.load, LastLoad(engine));
  ESSAIM_ASSIGN_OR_RETURN(profile.tables, TableProfiles(engine));
  ESSAIM_RETURN_IF_ERROR(AddMonths(engine, as_of, profile));
  ESSAIM_RETURN_IF_ERROR(AddPersons(engine, as_of, profile));
  ESSAIM_RETURN_IF_ERROR(AddConcepts(engine, profile));
  return profile;
}

}  // namespace essaim
