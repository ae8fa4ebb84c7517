#include "cohort/cohort_sql.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "cohort/criteria_sql.h"
#include "cohort/entry_sql.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

constexpr char kEventColumns[] =
    "person_id, event_id, start_date, end_date, op_start_date, op_end_date, visit_occurrence_id";

std::string Entry(const Definition& definition, CriteriaSql& sql) {
  std::vector<std::string> criteria;
  for (const Criterion& criterion : definition.entry) criteria.push_back(sql.Criterion(criterion));
  const bool last = definition.entry_limit == Limit::kLast;
  return StrCat(
      "SELECT P.ordinal AS event_id, P.person_id, P.start_date, P.end_date, P.op_start_date, "
      "P.op_end_date, P.visit_occurrence_id FROM (SELECT E.person_id, E.start_date, E.end_date, "
      "row_number() OVER (PARTITION BY E.person_id ORDER BY E.sort_date",
      last ? " DESC" : "", Av(kEntryOrder), ", E.visit_occurrence_id",
      ObservedEvents(StrCat("(", absl::StrJoin(criteria, "\nUNION ALL\n"), ") E"),
                     sql.AddDays("OP.observation_period_start_date", definition.days_before),
                     sql.AddDays("E.start_date", definition.days_after)),
      ") P", definition.entry_limit == Limit::kAll ? "" : " WHERE P.ordinal = 1");
}

// The entry events that the additional criteria hold for, within their limit.
std::string Qualified(const Definition& definition, const std::string& entry, CriteriaSql& sql) {
  const Group& group = *definition.additional;
  std::string join;
  if (!group.empty()) {
    join = StrCat(" JOIN (", sql.Group(group, entry, 0),
                  ") AC ON AC.person_id = pe.person_id AND AC.event_id = pe.event_id");
  }
  const bool last = definition.qualified_limit == Limit::kLast;
  return StrCat("SELECT ", kEventColumns,
                " FROM (SELECT pe.*, row_number() OVER (PARTITION BY "
                "pe.person_id ORDER BY pe.start_date",
                last ? " DESC" : "", ", pe.event_id) AS ordinal FROM ", entry, " pe", join, ") QE",
                definition.qualified_limit == Limit::kAll ? "" : " WHERE QE.ordinal = 1");
}

// "C.name" tokens of an SQL expression.
void CollectColumns(std::string_view expression, std::set<std::string>& columns) {
  for (std::size_t at = expression.find("C."); at != std::string_view::npos;
       at = expression.find("C.", at + 1)) {
    std::size_t end = at + 2;
    while (end < expression.size() &&
           (std::isalnum(static_cast<unsigned char>(expression[end])) || expression[end] == '_')) {
      ++end;
    }
    columns.emplace(expression.substr(at + 2, end - at - 2));
  }
}

std::string DrugEras(const DrugEraExit& exit, int cohort_id, CriteriaSql& sql,
                     const SqlContext& context) {
  const SqlDialect& dialect = *context.dialect;
  const std::string start = "de.drug_exposure_start_date";
  const std::string end =
      exit.days_supply.has_value()
          ? dialect.AddDays(start, StrCat(*exit.days_supply))
          : StrCat("COALESCE(de.drug_exposure_end_date, ", dialect.AddDays(start, "de.days_supply"),
                   ", ", dialect.AddDays(start, "1"), ")");
  const auto exposures = [&](std::string_view column) {
    return StrCat("SELECT de.person_id, ", start, " AS start_date, ",
                  dialect.AddDays(end, StrCat(exit.gap_days + exit.offset)),
                  " AS end_date FROM drug_exposure de JOIN ", Av(kConceptTable),
                  " cs ON cs.set_id = ", context.sets.at(exit.concept_set), " AND de.", Av(column),
                  " = cs.concept_id WHERE de.person_id IN (SELECT person_id FROM ",
                  Av(kIncludedTable), " WHERE cohort_id = ", cohort_id, ")");
  };
  const std::string eras = StrCat(
      "SELECT person_id, MIN(start_date) AS era_start, ",
      sql.AddDays("MAX(end_date)", -exit.gap_days),
      " AS era_end FROM (SELECT person_id, start_date, end_date, SUM(is_start) OVER (PARTITION BY "
      "person_id ORDER BY start_date, is_start DESC ROWS UNBOUNDED PRECEDING) AS island FROM "
      "(SELECT person_id, start_date, end_date, CASE WHEN MAX(end_date) OVER (PARTITION BY "
      "person_id ORDER BY start_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) >= "
      "start_date THEN 0 ELSE 1 END AS is_start FROM (",
      exposures("drug_concept_id"), "\nUNION ALL\n", exposures("drug_source_concept_id"),
      ") DT) ST) GR GROUP BY person_id, island");
  return StrCat("INSERT INTO ", Av(kEndTable), " SELECT et.cohort_id, et.person_id, et.event_id, ",
                "ERAS.era_end FROM ", Av(kIncludedTable), " et JOIN (", eras,
                ") ERAS ON ERAS.person_id = et.person_id WHERE et.cohort_id = ", cohort_id,
                " AND et.start_date BETWEEN ERAS.era_start AND ERAS.era_end");
}

}  // namespace

std::string EventsSql(const Definition& definition, int cohort_id, const SqlContext& context,
                      const std::string& entry_events) {
  CriteriaSql sql(context);
  const std::string entry =
      sql.Define(entry_events.empty() ? Entry(definition, sql) : entry_events);
  std::string qualified = entry;
  if (definition.additional.has_value()) {
    qualified = sql.Define(Qualified(definition, entry, sql));
  }
  std::string joins;
  std::string passed = StrCat(definition.rules.size());
  for (std::size_t i = definition.rules.size(); i-- > 0;) {
    passed = StrCat("CASE WHEN r", i, ".event_id IS NULL THEN ", i, " ELSE ", passed, " END");
  }
  if (definition.additional.has_value()) {
    StrAppend(&joins, " LEFT JOIN ", qualified,
              " qe ON qe.person_id = e.person_id AND qe.event_id = e.event_id");
    passed = StrCat("CASE WHEN qe.event_id IS NULL THEN -1 ELSE ", passed, " END");
  }
  for (std::size_t i = 0; i < definition.rules.size(); ++i) {
    StrAppend(&joins, " LEFT JOIN (", sql.Group(definition.rules[i].group, qualified, 0), ") r", i,
              " ON r", i, ".person_id = e.person_id AND r", i, ".event_id = e.event_id");
  }
  // The body first: it defines what With() then lists.
  return StrCat("INSERT INTO ", Av(kEventTable), "\n", sql.With(), "SELECT ", cohort_id,
                " AS cohort_id, e.person_id, e.event_id, e.start_date, e.end_date, e.op_end_date, ",
                passed, " AS passed FROM ", entry, " e", joins);
}

std::vector<std::string> EndsSql(const Definition& definition, int cohort_id,
                                 const SqlContext& context) {
  std::vector<std::string> statements;
  if (const auto* era = std::get_if<DrugEraExit>(&definition.exit)) {
    CriteriaSql sql(context);
    statements.push_back(DrugEras(*era, cohort_id, sql, context));
  }
  for (const Criterion& criterion : definition.censoring) {
    CriteriaSql sql(context);
    const std::string events = sql.Criterion(criterion);
    statements.push_back(StrCat(
        "INSERT INTO ", Av(kEndTable), "\n", sql.With(),
        "SELECT i.cohort_id, i.person_id, i.event_id, MIN(c.start_date) FROM ", Av(kIncludedTable),
        " i JOIN (", events,
        ") c ON c.person_id = i.person_id AND c.start_date >= i.start_date AND c.start_date <= "
        "i.op_end_date WHERE i.cohort_id = ",
        cohort_id, " GROUP BY i.cohort_id, i.person_id, i.event_id"));
  }
  return statements;
}

std::vector<std::string> ColumnsOf(const DomainInfo& info) {
  std::set<std::string> columns = {"person_id", std::string(info.id),
                                   std::string(info.concept_column), std::string(info.start)};
  for (const std::string_view column : {info.source_column, info.end, info.supply}) {
    if (!column.empty()) columns.emplace(column);
  }
  if (info.has_visit) columns.insert("visit_occurrence_id");
  for (const DomainField& field : info.fields) {
    CollectColumns(field.expression, columns);
    if (field.join == FieldJoin::kProvider) columns.insert("provider_id");
    if (field.join == FieldJoin::kCareSite) columns.insert("care_site_id");
  }
  for (const CountColumn& column : info.count_columns) CollectColumns(column.expression, columns);
  columns.erase("start_date");
  columns.erase("end_date");
  return {columns.begin(), columns.end()};
}

}  // namespace essaim::cohort
