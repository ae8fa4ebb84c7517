// The data quality checks as one statement each, joins and all, the way that the Dashboard asks
// them: what the grouped run is measured against.
#pragma once

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "quality/check_cells.h"

namespace essaim {

// One row: violated, denominator. Empty for what the catalogue answers.
inline std::string NaiveSql(const Check& check, const std::string& as_of,
                            const SqlDialect& dialect) {
  const std::string t = absl::StrCat(Av(check.table), " t");
  const std::string f = absl::StrCat("t.", Av(check.field));
  const std::string all = absl::StrCat("(SELECT COUNT(*) FROM ", t, ")");
  const auto two = [](const std::string& violated, const std::string& denominator) {
    return absl::StrCat("SELECT (SELECT COUNT(*) FROM ", violated, "), ", denominator);
  };
  const std::string vocabulary = absl::StrCat(t, " JOIN concept r ON r.concept_id = ", f);
  switch (check.kind) {
    case CheckKind::kCdmTable:
    case CheckKind::kCdmField:
      return "";
    case CheckKind::kCdmDatatype: {  // numeric by its text, and no decimal point in it
      const std::string number = dialect.Matches(absl::StrCat("CAST(", f, " AS VARCHAR)"),
                                                 "^-?([0-9]+\\.?[0-9]*|\\.[0-9]+)$");
      return two(absl::StrCat(t, " WHERE (NOT ", number, " OR (", number,
                              " AND POSITION('.' IN CAST(ABS(", f, ") AS VARCHAR)) <> 0)) AND ", f,
                              " IS NOT NULL"),
                 all);
    }
    case CheckKind::kIsRequired:
    case CheckKind::kMeasureValueCompleteness:
      return two(absl::StrCat(t, " WHERE ", f, " IS NULL"), all);
    case CheckKind::kIsPrimaryKey:
      return two(absl::StrCat(t, " WHERE ", f, " IN (SELECT ", f, " FROM ", t, " GROUP BY ", f,
                              " HAVING COUNT(*) > 1)"),
                 all);
    case CheckKind::kIsForeignKey: {
      const std::string r = absl::StrCat("r.", Av(check.argument2));
      return two(absl::StrCat(t, " LEFT JOIN ", Av(check.argument), " r ON ", r, " = ", f,
                              " WHERE ", r, " IS NULL AND ", f, " IS NOT NULL"),
                 all);
    }
    case CheckKind::kFkDomain:
      return two(absl::StrCat(vocabulary, " WHERE r.concept_id <> 0 AND r.domain_id <> '",
                              Av(check.argument), "'"),
                 all);
    case CheckKind::kFkClass:
      return two(absl::StrCat(vocabulary, " WHERE r.concept_id <> 0 AND r.concept_class_id <> '",
                              Av(check.argument), "'"),
                 all);
    case CheckKind::kIsStandardValidConcept:
      return two(absl::StrCat(vocabulary,
                              " WHERE r.concept_id <> 0 AND (r.standard_concept <> 'S' OR "
                              "r.invalid_reason IS NOT NULL)"),
                 absl::StrCat("(SELECT COUNT(", f, ") FROM ", t, ")"));
    case CheckKind::kPlausibleUnitConceptIds: {
      const std::string with = absl::StrCat(
          t, " WHERE ", f, " = ", Av(check.concept_ids),
          " AND t.value_as_number IS NOT NULL AND t.unit_source_value IS NOT NULL AND "
          "COALESCE(t.unit_concept_id, -1) <> 0");
      const std::string wrong =
          check.argument.empty()
              ? " AND t.unit_concept_id IS NOT NULL"
              : absl::StrCat(" AND COALESCE(t.unit_concept_id, -1) NOT IN (", Av(check.argument),
                             ")");
      return two(with + wrong, absl::StrCat("(SELECT COUNT(*) FROM ", with, ")"));
    }
    case CheckKind::kPlausibleGender: {
      const std::string is = absl::StrCat(" WHERE ", f, " = ", Av(check.concept_ids));
      return two(absl::StrCat(t, " JOIN person p ON p.person_id = t.person_id", is,
                              " AND p.gender_concept_id <> ",
                              check.argument == "Male" ? "8507" : "8532"),
                 absl::StrCat("(SELECT COUNT(*) FROM ", t, is, ")"));
    }
    default: {  // the same aggregates, alone
      const CheckCells cells = CellsOf(check, as_of, dialect);
      return absl::StrCat("SELECT (SELECT ", cells.violated.aggregate, " FROM ",
                          cells.violated.rows, "), (SELECT ", cells.denominator.aggregate, " FROM ",
                          cells.denominator.rows, ")");
    }
  }
}

}  // namespace essaim
