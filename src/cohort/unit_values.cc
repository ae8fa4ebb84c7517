#include "cohort/unit_values.h"

#include <charconv>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "ucum/ucum.h"
#include "warehouse/expression_sql.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

std::string Real(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return StrCat("CAST(", std::string(buffer, end), " AS DOUBLE PRECISION)");
}

std::string Line(double factor, double shift) {
  std::string text =
      factor == 1 ? "d.value_as_number" : StrCat("d.value_as_number * ", Real(factor));
  if (shift != 0) StrAppend(&text, " + ", Real(shift));
  return text;
}

std::string ByList(const PersonVariable& variable) {
  if (variable.units.empty()) return "d.value_as_number";
  std::string text = "CASE COALESCE(d.unit_concept_id, 0)";
  for (const UnitConversion& unit : variable.units) {
    StrAppend(&text, " WHEN ", unit.unit_concept_id, " THEN ", Line(unit.factor, unit.shift));
  }
  return text + " END";
}

// How one unit is written at the site, and how many values have it.
struct SiteUnit {
  std::int64_t concept_id = 0;
  std::string written, code;  // code: UCUM, of the concept; empty where it has none
  std::int64_t n_values = 0;
};

using SiteUnits = std::map<int, std::vector<SiteUnit>>;  // by the concept set's number

absl::StatusOr<SiteUnits> ReadSiteUnits(SqlEngine& engine, const std::set<int>& sets) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(StrCat(
          "SELECT x.set_id, x.unit_id, x.written, x.n, c.concept_code FROM (SELECT s.set_id, "
          "COALESCE(m.unit_concept_id, 0) AS unit_id, COALESCE(m.unit_source_value, '') AS "
          "written, "
          "COUNT(*) AS n FROM measurement m JOIN ",
          Av(kConceptTable), " s ON s.concept_id = m.measurement_concept_id AND s.set_id IN (",
          absl::StrJoin(sets, ","),
          ") WHERE m.value_as_number IS NOT NULL GROUP BY s.set_id, COALESCE(m.unit_concept_id, "
          "0), "
          "COALESCE(m.unit_source_value, '')) x LEFT JOIN concept c ON c.concept_id = x.unit_id "
          "AND "
          "x.unit_id <> 0 AND c.vocabulary_id = 'UCUM' ORDER BY x.set_id, x.unit_id, x.written")));
  SiteUnits units;
  for (const auto& row : rows.rows) {
    const auto* written = std::get_if<std::string>(&row[2]);
    const auto* code = std::get_if<std::string>(&row[4]);
    units[static_cast<int>(std::get<std::int64_t>(row[0]))].push_back(
        {.concept_id = std::get<std::int64_t>(row[1]),
         .written = written == nullptr ? "" : *written,
         .code = code == nullptr ? "" : *code,
         .n_values = std::get<std::int64_t>(row[3])});
  }
  return units;
}

// A unit is one by its concept where the concept has a UCUM code, else by what the source wrote.
absl::StatusOr<std::string> ByUcum(const PersonVariable& variable,
                                   const std::vector<SiteUnit>& units, std::int64_t& n_left_out) {
  ESSAIM_ASSIGN_OR_RETURN(const ucum::Unit to, ucum::ParseUnit(variable.ucum->to));
  std::string text;
  std::set<std::int64_t> done;
  for (const SiteUnit& unit : units) {
    const auto line = ucum::ConvertText(unit.code.empty() ? unit.written : unit.code, to,
                                        variable.ucum->molar_mass);
    if (!line.ok()) {
      n_left_out += unit.n_values;
      continue;
    }
    if (!unit.code.empty() && !done.insert(unit.concept_id).second) continue;
    StrAppend(&text, " WHEN COALESCE(d.unit_concept_id, 0) = ", unit.concept_id,
              unit.code.empty() ? StrCat(" AND d.unit_source_value = ", SqlText(unit.written)) : "",
              " THEN ", Line(line->factor, line->shift));
  }
  if (text.empty()) return "CAST(NULL AS DOUBLE PRECISION)";
  return StrCat("CASE", text, " END");
}

}  // namespace

absl::Status ReadUnits(SqlEngine& engine, const SqlContext& context,
                       const std::vector<PersonVariable>& variables, SiteFacts& facts,
                       std::vector<std::string>& notices) {
  std::set<int> sets;
  for (const PersonVariable& variable : variables) {
    if (variable.ucum.has_value()) sets.insert(context.sets.at(*variable.concept_set));
  }
  SiteUnits units;
  if (!sets.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(units, ReadSiteUnits(engine, sets));
  }
  for (const PersonVariable& variable : variables) {
    if (variable.kind != PersonVariable::Kind::kMeasurement) continue;
    if (!variable.ucum.has_value()) {
      facts.values[variable.name] = ByList(variable);
      continue;
    }
    std::int64_t n_left_out = 0;
    ESSAIM_ASSIGN_OR_RETURN(
        facts.values[variable.name],
        ByUcum(variable, units[context.sets.at(*variable.concept_set)], n_left_out));
    if (n_left_out > 0) {
      notices.push_back(StrCat(variable.name, ": ", n_left_out, " values are in units that cannot ",
                               "be converted to ", variable.ucum->to, ": left out"));
    }
  }
  return absl::OkStatus();
}

}  // namespace essaim::cohort
