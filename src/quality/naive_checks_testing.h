// The data quality checks as one statement each, in the form in which the Dashboard asks them: what
// the grouped run is measured against.
//
// Follows the Dashboard 2.8.4's statements (inst/sql/sql_server, Apache-2.0): rows that violate as
// a subquery with all of their columns, counted; beside it the count of the rows looked at.
#pragma once

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "quality/check_list.h"
#include "warehouse/sql_dialect.h"

namespace essaim {

// What the parts of a statement are called.
struct NaiveCheck {
  const Check& check;
  const std::string& as_of;
  const SqlDialect& dialect;
  std::string t = absl::AsciiStrToLower(Av(check.table)) + " t";
  std::string f = absl::StrCat("t.", Av(check.field));

  std::string Day(const std::string& expression) const {
    return absl::StrCat("CAST(", expression, " AS DATE)");
  }

  // `violating` follows FROM and has the table as t; `all` is the count of the rows looked at.
  std::string Two(const std::string& violating, const std::string& all) const {
    return absl::StrCat(
        "SELECT violated_row_count.num_violated_rows, denominator.num_rows, CASE WHEN "
        "denominator.num_rows = 0 THEN 0 ELSE 1.0 * num_violated_rows / denominator.num_rows END "
        "FROM (SELECT COUNT(violated_rows.violating_field) AS num_violated_rows FROM (SELECT '",
        Av(check.table), ".", Av(check.field), "' AS violating_field, t.* FROM ", violating,
        ") violated_rows) violated_row_count, (SELECT ", all, ") denominator");
  }

  std::string All(const std::string& where = "") const {
    return absl::StrCat("COUNT(*) AS num_rows FROM ", t, where);
  }

  std::string NotNull() const { return absl::StrCat(" WHERE ", f, " IS NOT NULL"); }

  std::string Births(const char* month, const char* day) const {
    return absl::StrCat("COALESCE(CAST(p.birth_datetime AS DATE), CAST(CONCAT(p.year_of_birth, ",
                        month, ", ", day, ") AS DATE))");
  }

  static std::string Padded(const char* part) {
    return absl::StrCat("'-', COALESCE(RIGHT('0' || CAST(p.", part, " AS VARCHAR), 2), '01')");
  }
};

inline std::string NaiveOfTable(const NaiveCheck& n) {
  const std::string table = absl::AsciiStrToLower(Av(n.check.table));
  switch (n.check.kind) {
    case CheckKind::kMeasurePersonCompleteness:
      return absl::StrCat(
          "SELECT v.n, d.n FROM (SELECT COUNT(person_id) AS n FROM (SELECT w.* FROM person w LEFT "
          "JOIN ",
          table,
          " b ON b.person_id = w.person_id WHERE b.person_id IS NULL) x) v, (SELECT COUNT(*) AS n "
          "FROM person) d");
    case CheckKind::kMeasureConditionEraCompleteness:
      return absl::StrCat(
          "SELECT v.n, d.n FROM (SELECT COUNT(person_id) AS n FROM (SELECT DISTINCT w.person_id "
          "FROM condition_occurrence w LEFT JOIN ",
          table,
          " b ON b.person_id = w.person_id WHERE b.person_id IS NULL) x) v, (SELECT COUNT(DISTINCT "
          "person_id) AS n FROM condition_occurrence) d");
    default: {  // kMeasureObservationPeriodOverlap
      const auto after = [&](const char* a, const char* b) {
        return absl::StrCat(" OR ",
                            n.dialect.AddDays(absl::StrCat(a, ".observation_period_end_date"), "1"),
                            " = ", b, ".observation_period_start_date");
      };
      return absl::StrCat(
          "SELECT v.n, d.n FROM (SELECT COUNT(person_id) AS n FROM (SELECT DISTINCT a.person_id "
          "FROM observation_period a JOIN observation_period b ON a.person_id = b.person_id AND "
          "a.observation_period_id <> b.observation_period_id WHERE "
          "(a.observation_period_start_date <= b.observation_period_end_date AND "
          "a.observation_period_end_date >= b.observation_period_start_date)",
          after("a", "b"), after("b", "a"),
          ") x) v, (SELECT COUNT(DISTINCT person_id) AS n FROM observation_period) d");
    }
  }
}

inline std::string NaiveOfTime(const NaiveCheck& n) {
  const std::string& f = n.f;
  const std::string death = absl::StrCat(n.t, " JOIN death de ON t.person_id = de.person_id");
  const std::string after_death =
      absl::StrCat(n.Day(f), " > ", n.dialect.AddDays("de.death_date", "60"));
  const std::string person = absl::StrCat(n.t, " JOIN person p ON t.person_id = p.person_id");
  switch (n.check.kind) {
    case CheckKind::kPlausibleTemporalAfter: {
      const bool of_person = n.check.argument == "PERSON";
      const std::string other =
          of_person ? n.Births("'-06'", "'-01'") : n.Day(absl::StrCat("t.", Av(n.check.argument2)));
      return n.Two(absl::StrCat(of_person ? person : n.t, " WHERE ", other, " > ", n.Day(f)),
                   n.All());
    }
    case CheckKind::kPlausibleAfterBirth:
      return n.Two(absl::StrCat(person, n.NotNull(), " AND ", n.Day(f), " < ",
                                n.Births(n.Padded("month_of_birth").c_str(),
                                         n.Padded("day_of_birth").c_str())),
                   n.All(n.NotNull()));
    case CheckKind::kPlausibleDuringLife:
      return n.Two(absl::StrCat(death, " WHERE ", after_death),
                   n.All(" WHERE t.person_id IN (SELECT person_id FROM death)"));
    case CheckKind::kPlausibleBeforeDeath:
      return n.Two(absl::StrCat(death, n.NotNull(), " AND ", after_death),
                   absl::StrCat("COUNT(*) AS num_rows FROM ", death, n.NotNull()));
    case CheckKind::kWithinVisitDates: {
      const std::string visit = absl::StrCat(
          n.t, " JOIN visit_occurrence vo ON t.visit_occurrence_id = vo.visit_occurrence_id");
      return n.Two(
          absl::StrCat(visit, " WHERE ", f, " < ", n.dialect.AddDays("vo.visit_start_date", "-7"),
                       " OR ", f, " > ", n.dialect.AddDays("vo.visit_end_date", "7")),
          absl::StrCat("COUNT(*) AS num_rows FROM ", visit));
    }
    default: {  // kPlausibleStartBeforeEnd
      const std::string end = absl::StrCat("t.", Av(n.check.argument));
      const std::string both = absl::StrCat(n.NotNull(), " AND ", end, " IS NOT NULL");
      return n.Two(absl::StrCat(n.t, both, " AND ", n.Day(f), " > ", n.Day(end)), n.All(both));
    }
  }
}

inline std::string NaiveOfConcept(const NaiveCheck& n) {
  const std::string ids(n.check.concept_ids);
  const std::string is = absl::StrCat(" WHERE ", n.f, " = ", ids);
  const std::string gender =
      absl::StrCat(" AND p.gender_concept_id <> ", n.check.argument == "Male" ? "8507" : "8532");
  const std::string person = " JOIN person p ON t.person_id = p.person_id";
  switch (n.check.kind) {
    case CheckKind::kPlausibleGender:
      return n.Two(absl::StrCat(n.t, person, is, gender), n.All(is));
    case CheckKind::kPlausibleGenderUseDescendants: {
      const std::string under =
          absl::StrCat(" JOIN concept_ancestor ca ON ca.descendant_concept_id = ", n.f);
      const std::string of = absl::StrCat(" WHERE ca.ancestor_concept_id IN (", ids, ")");
      return n.Two(absl::StrCat(n.t, person, under, of, gender), n.All(absl::StrCat(under, of)));
    }
    default: {  // kPlausibleUnitConceptIds
      const std::string with =
          " AND t.value_as_number IS NOT NULL AND t.unit_source_value IS NOT NULL AND "
          "COALESCE(t.unit_concept_id, -1) <> 0";
      const std::string wrong = n.check.argument.empty()
                                    ? " AND t.unit_concept_id IS NOT NULL"
                                    : absl::StrCat(" AND COALESCE(t.unit_concept_id, -1) NOT IN (",
                                                   Av(n.check.argument), ")");
      return n.Two(absl::StrCat(n.t, is, wrong, with), n.All(absl::StrCat(is, with)));
    }
  }
}

// A number, a day as 'YYYYMMDD', or one of two expressions of today.
inline std::string NaiveBound(const NaiveCheck& n) {
  const std::string bound(n.check.argument), today = absl::StrCat("DATE '", n.as_of, "'");
  if (absl::StartsWith(bound, "DATEADD")) return n.dialect.AddDays(today, "1");
  if (absl::StartsWith(bound, "YEAR")) return absl::StrCat("EXTRACT(YEAR FROM ", today, ") + 1");
  if (bound.size() != 10 || bound[0] != '\'') return bound;
  return absl::StrCat("DATE '", bound.substr(1, 4), "-", bound.substr(5, 2), "-",
                      bound.substr(7, 2), "'");
}

inline std::string NaiveOfField(const NaiveCheck& n) {
  const Check& check = n.check;
  const std::string& t = n.t;
  const std::string& f = n.f;
  const std::string concept_of = absl::StrCat(t, " LEFT JOIN concept r ON r.concept_id = ", f);
  switch (check.kind) {
    case CheckKind::kCdmDatatype: {
      // The Dashboard takes no negative integer for one; here it must, or the counts differ.
      const std::string number =
          absl::StrCat("CASE WHEN ",
                       n.dialect.Matches(absl::StrCat("CAST(", f, " AS VARCHAR)"),
                                         "^-?([0-9]+\\.?[0-9]*|\\.[0-9]+)$"),
                       " THEN 1 ELSE 0 END");
      return n.Two(absl::StrCat(t, " WHERE (", number, " = 0 OR (", number,
                                " = 1 AND POSITION('.' IN CAST(ABS(", f,
                                ") AS VARCHAR)) <> 0)) AND ", f, " IS NOT NULL"),
                   n.All());
    }
    case CheckKind::kIsRequired:
    case CheckKind::kMeasureValueCompleteness:
      return n.Two(absl::StrCat(t, " WHERE ", f, " IS NULL"), n.All());
    case CheckKind::kIsPrimaryKey:
      return n.Two(absl::StrCat(t, " WHERE ", f, " IN (SELECT ", f, " FROM ", t, " GROUP BY ", f,
                                " HAVING COUNT(*) > 1)"),
                   n.All());
    case CheckKind::kIsForeignKey: {
      const std::string r = absl::StrCat("r.", Av(check.argument2));
      return n.Two(absl::StrCat(t, " LEFT JOIN ", Av(check.argument), " r ON ", f, " = ", r,
                                " WHERE ", r, " IS NULL AND ", f, " IS NOT NULL"),
                   n.All());
    }
    case CheckKind::kFkDomain:
    case CheckKind::kFkClass:
      return n.Two(
          absl::StrCat(concept_of, " WHERE r.concept_id <> 0 AND r.",
                       check.kind == CheckKind::kFkDomain ? "domain_id" : "concept_class_id",
                       " <> '", Av(check.argument), "'"),
          n.All());
    case CheckKind::kIsStandardValidConcept:
      return n.Two(absl::StrCat(t, " JOIN concept r ON r.concept_id = ", f,
                                " WHERE r.concept_id <> 0 AND (r.standard_concept <> 'S' OR "
                                "r.invalid_reason IS NOT NULL)"),
                   n.All(n.NotNull()));
    case CheckKind::kSourceValueCompleteness:
      return absl::StrCat(
          "SELECT v.n, d.n FROM (SELECT COUNT(violating_field) AS n FROM (SELECT DISTINCT '",
          Av(check.table), ".", Av(check.field), "' AS violating_field, ", f, " FROM ", t,
          " WHERE t.", Av(check.argument), " = 0) x) v, (SELECT COUNT(DISTINCT ", f,
          ") + COUNT(DISTINCT CASE WHEN ", f, " IS NULL THEN 1 END) AS n FROM ", t, ") d");
    case CheckKind::kPlausibleValueLow:
    case CheckKind::kPlausibleValueHigh:
      return n.Two(
          absl::StrCat(t, " WHERE ", f, check.kind == CheckKind::kPlausibleValueLow ? " < " : " > ",
                       NaiveBound(n)),
          n.All(n.NotNull()));
    default: {  // completeness of concepts
      const bool with_value = check.table == "measurement" || check.table == "observation";
      if (with_value && check.field == "unit_concept_id")
        return n.Two(absl::StrCat(t, " WHERE ", f, " = 0 OR ", f, " IS NULL"), n.All());
      if (with_value && check.field == "unit_source_concept_id") {
        const std::string named = "t.unit_source_value IS NOT NULL";
        return n.Two(absl::StrCat(t, " WHERE (", f, " = 0 OR ", f, " IS NULL) AND ", named),
                     n.All(absl::StrCat(" WHERE ", named)));
      }
      return n.Two(absl::StrCat(t, " WHERE ", f, " = 0"), n.All(n.NotNull()));
    }
  }
}

// One row whose first two columns are what violates and the denominator. Empty for what the
// catalogue answers.
inline std::string NaiveSql(const Check& check, const std::string& as_of,
                            const SqlDialect& dialect) {
  const NaiveCheck n{.check = check, .as_of = as_of, .dialect = dialect};
  switch (check.kind) {
    case CheckKind::kCdmTable:
    case CheckKind::kCdmField:
      return "";
    case CheckKind::kMeasurePersonCompleteness:
    case CheckKind::kMeasureConditionEraCompleteness:
    case CheckKind::kMeasureObservationPeriodOverlap:
      return NaiveOfTable(n);
    case CheckKind::kPlausibleTemporalAfter:
    case CheckKind::kPlausibleAfterBirth:
    case CheckKind::kPlausibleDuringLife:
    case CheckKind::kPlausibleBeforeDeath:
    case CheckKind::kWithinVisitDates:
    case CheckKind::kPlausibleStartBeforeEnd:
      return NaiveOfTime(n);
    case CheckKind::kPlausibleGender:
    case CheckKind::kPlausibleGenderUseDescendants:
    case CheckKind::kPlausibleUnitConceptIds:
      return NaiveOfConcept(n);
    default:
      return NaiveOfField(n);
  }
}

}  // namespace essaim
