#include "quality/check_cells.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"

namespace essaim {
namespace {

constexpr char kRows[] = "COUNT(*)";

std::string NameInT(std::string_view field) {
  return field == "offset" ? "t.\"offset\""
                           : absl::StrCat("t.", Av(absl::AsciiStrToLower(Av(field))));
}

// Builds the cells of one check over table t.
class Cells {
 public:
  Cells(const Check& check, const std::string& as_of, const SqlDialect& dialect)
      : check_(check),
        as_of_(as_of),
        dialect_(dialect),
        table_(absl::StrCat(Av(check.table), " t")),
        field_(check.field.empty() ? "" : NameInT(check.field)) {}

  CheckCells Make() const {
    switch (check_.kind) {
      case CheckKind::kCdmTable:
      case CheckKind::kCdmField:
        break;
      case CheckKind::kMeasurePersonCompleteness:
        return Over(Without("person"), When("o.person_id IS NULL"));
      case CheckKind::kMeasureConditionEraCompleteness:
        return Over(Without("(SELECT DISTINCT person_id FROM condition_occurrence)"),
                    When("o.person_id IS NULL"));
      case CheckKind::kMeasureObservationPeriodOverlap:
        return Over(Overlaps(), "SUM(touching)");
      case CheckKind::kIsRequired:
      case CheckKind::kMeasureValueCompleteness:
        return Over(Whole(), absl::StrCat("COUNT(*) - COUNT(", field_, ")"));
      case CheckKind::kCdmDatatype:  // columns are typed: an integer's field holds nothing else
        return Over(Whole(), "0");
      case CheckKind::kIsPrimaryKey:
        return {{Repeated(), "SUM(n)"}, {Whole(), kRows}};
      case CheckKind::kIsForeignKey:
        return {
            {ByValue(check_.argument, check_.argument2), Sum("h.k IS NOT NULL AND r.k IS NULL")},
            {Whole(), kRows}};
      case CheckKind::kFkDomain:
        return OfConcept(absl::StrCat("r.domain_id <> ", Text(check_.argument)));
      case CheckKind::kFkClass:
        return OfConcept(absl::StrCat("r.concept_class_id <> ", Text(check_.argument)));
      case CheckKind::kIsStandardValidConcept:
        return {OfConcept("(r.standard_concept <> 'S' OR r.invalid_reason IS NOT NULL)").violated,
                {Whole(), absl::StrCat("COUNT(", field_, ")")}};
      case CheckKind::kStandardConceptRecordCompleteness:
      case CheckKind::kSourceConceptRecordCompleteness:
        return Unmapped();
      case CheckKind::kSourceValueCompleteness:
        return Over(SourceValues(), "SUM(unmapped)");
      case CheckKind::kPlausibleValueLow:
        return Bounded("<");
      case CheckKind::kPlausibleValueHigh:
        return Bounded(">");
      default:
        return MakeTemporalOrConcept();
    }
    return {};
  }

 private:
  static std::string Text(std::string_view value) {
    return absl::StrCat("'", absl::StrReplaceAll(Av(value), {{"'", "''"}}), "'");
  }

  static std::string When(const std::string& condition) {
    return absl::StrCat("SUM(CASE WHEN ", condition, " THEN 1 ELSE 0 END)");
  }

  static std::string Sum(const std::string& condition) {  // over rows that stand for n
    return absl::StrCat("SUM(CASE WHEN ", condition, " THEN h.n ELSE 0 END)");
  }

  Rows Whole() const { return WholeTable(check_.table); }

  // Rows that come from the table's, of the field's values that are not NULL if `by_field`.
  Rows From(std::string sql, bool by_field = false, std::string_view other = "") const {
    return {.sql = std::move(sql),
            .table = std::string(check_.table),
            .field = by_field ? absl::AsciiStrToLower(Av(check_.field)) : "",
            .other = std::string(other)};
  }

  static CheckCells Over(const Rows& rows, const std::string& violated) {
    return {{rows, violated}, {rows, kRows}};
  }

  static std::string Day(const std::string& expression) {
    return absl::StrCat("CAST(", expression, " AS DATE)");
  }

  CheckCells MakeTemporalOrConcept() const {
    const std::string day = Day(field_);
    switch (check_.kind) {
      case CheckKind::kPlausibleTemporalAfter: {
        const bool of_person = check_.argument == "PERSON";
        const std::string other = of_person ? "p.birth_or_june" : Day(NameInT(check_.argument2));
        return {{of_person ? WithPerson() : Whole(), When(absl::StrCat(other, " > ", day))},
                {Whole(), kRows}};
      }
      case CheckKind::kPlausibleAfterBirth:
        return {{WithPerson(), When(absl::StrCat(day, " < p.birth"))},
                {Whole(), absl::StrCat("COUNT(", field_, ")")}};
      case CheckKind::kPlausibleDuringLife:
        return Over(WithDeath(), AfterDeath());
      case CheckKind::kPlausibleBeforeDeath:
        return {{WithDeath(), AfterDeath()}, {WithDeath(), absl::StrCat("COUNT(", field_, ")")}};
      case CheckKind::kWithinVisitDates:
        return Over(WithVisit(), When(absl::StrCat(day, " < v.earliest OR ", day, " > v.latest")));
      case CheckKind::kPlausibleStartBeforeEnd: {
        const std::string end = NameInT(check_.argument);
        return {{Whole(), When(absl::StrCat(day, " > ", Day(end)))},
                {Whole(), When(absl::StrCat(field_, " IS NOT NULL AND ", end, " IS NOT NULL"))}};
      }
      case CheckKind::kPlausibleGender:
      case CheckKind::kPlausibleGenderUseDescendants:
        return OfGender();
      case CheckKind::kPlausibleUnitConceptIds:
        return OfUnit();
      default:
        return {};
    }
  }

  // Each row of `whole` with its person's row in the table, or none.
  Rows Without(const std::string& whole) const {
    return {.sql = absl::StrCat(whole, " w LEFT JOIN (SELECT DISTINCT person_id FROM ",
                                Av(check_.table), ") o ON o.person_id = w.person_id")};
  }

  // A person a row. In the order of their starts, periods of a person touch exactly where one
  // begins no later than the day after the latest end before it.
  Rows Overlaps() const {
    return From(absl::StrCat(
        "(SELECT person_id, MAX(CASE WHEN observation_period_start_date <= ",
        dialect_.AddDays("before_end", "1"),
        " THEN 1 ELSE 0 END) AS touching FROM (SELECT person_id, observation_period_start_date, "
        "MAX(observation_period_end_date) OVER (PARTITION BY person_id ORDER BY "
        "observation_period_start_date, observation_period_id ROWS BETWEEN UNBOUNDED PRECEDING AND "
        "1 PRECEDING) AS before_end FROM observation_period) s GROUP BY person_id) g"));
  }

  // The integers of a field 32 at a time: which of them are there, as bits, and in how many rows.
  std::string Blocks(const std::string& field, const std::string& rows) const {
    const std::string block = dialect_.BlockOf(field);
    return absl::StrCat("(SELECT ", block, " AS block, BIT_OR(", dialect_.BitInBlock(field),
                        ") AS bits, COUNT(*) AS n FROM ", rows, " WHERE ", field,
                        " IS NOT NULL GROUP BY ", block, ")");
  }

  Rows Repeated() const {
    Rows rows =
        From(absl::StrCat("(SELECT ", field_, " AS k, COUNT(*) AS n FROM ", table_, " WHERE ",
                          field_, " IS NOT NULL GROUP BY ", field_, " HAVING COUNT(*) > 1) g"),
             true);
    rows.doubt = absl::StrCat("SELECT SUM(n - ", dialect_.BitCount("bits"), ") FROM ",
                              Blocks(field_, table_), " b");
    return rows;
  }

  // A value a row, n times, beside the row that it refers to.
  Rows ByValue(std::string_view other, std::string_view other_field) const {
    const std::string name = absl::AsciiStrToLower(Av(other)),
                      key = absl::AsciiStrToLower(Av(other_field));
    const bool is_concept = name == "concept";
    Rows rows = From(absl::StrCat("(SELECT ", field_, " AS k, COUNT(*) AS n FROM ", table_,
                                  " GROUP BY ", field_, ") h LEFT JOIN (SELECT ", key, " AS k",
                                  is_concept ? ", domain_id, concept_class_id, standard_concept, "
                                               "invalid_reason"
                                             : "",
                                  " FROM ", name, ") r ON r.k = h.k"),
                     true);
    rows.target = name;
    if (name == "visit_occurrence" && check_.field == key) rows.join = WithVisit().sql;
    if (name == "person" && check_.field == key) rows.join = WithPerson().sql;
    // Concepts are few and asked for more than their being there.
    if (!is_concept) {
      rows.doubt = absl::StrCat("SELECT COUNT(*) FROM ", Blocks(field_, table_), " h LEFT JOIN ",
                                Blocks(key, name),
                                " r ON r.block = h.block WHERE r.bits IS NULL OR (h.bits & r.bits) "
                                "<> h.bits");
    }
    return rows;
  }

  CheckCells OfConcept(const std::string& wrong) const {
    return {{ByValue("concept", "concept_id"), Sum(absl::StrCat("r.k <> 0 AND ", wrong))},
            {Whole(), kRows}};
  }

  // A unit that is missing where there should be one counts as one that is not mapped.
  CheckCells Unmapped() const {
    const bool with_value = check_.table == "measurement" || check_.table == "observation";
    const std::string none = absl::StrCat("COALESCE(", field_, ", 0) = 0");
    if (with_value && check_.field == "unit_concept_id") return Over(Whole(), When(none));
    if (with_value && check_.field == "unit_source_concept_id") {
      return {{Whole(), When(absl::StrCat(none, " AND t.unit_source_value IS NOT NULL"))},
              {Whole(), "COUNT(t.unit_source_value)"}};
    }
    return {{Whole(), When(absl::StrCat(field_, " = 0"))},
            {Whole(), absl::StrCat("COUNT(", field_, ")")}};
  }

  // A source value a row, NULL among them.
  Rows SourceValues() const {
    return From(absl::StrCat("(SELECT MAX(CASE WHEN ", NameInT(check_.argument),
                             " = 0 THEN 1 ELSE 0 END) AS unmapped FROM ", table_, " GROUP BY ",
                             field_, ") g"));
  }

  // The lists' bounds: a number, a day as 'YYYYMMDD', or one of two expressions of today.
  std::string Bound() const {
    const std::string_view bound = check_.argument;
    const std::string today = absl::StrCat("DATE '", as_of_, "'");
    if (absl::StartsWith(Av(bound), "DATEADD")) return dialect_.AddDays(today, "1");
    if (absl::StartsWith(Av(bound), "YEAR"))
      return absl::StrCat("EXTRACT(YEAR FROM ", today, ") + 1");
    if (bound.size() == 10 && bound[0] == '\'') {
      return absl::StrCat("DATE '", Av(bound.substr(1, 4)), "-", Av(bound.substr(5, 2)), "-",
                          Av(bound.substr(7, 2)), "'");
    }
    return std::string(bound);
  }

  CheckCells Bounded(const char* beyond) const {
    return {{Whole(), When(absl::StrCat(field_, " ", beyond, " ", Bound()))},
            {Whole(), absl::StrCat("COUNT(", field_, ")")}};
  }

  static std::string Padded(const char* part) {
    return absl::StrCat("LPAD(CAST(COALESCE(", part, ", 1) AS VARCHAR(2)), 2, '0')");
  }

  Rows WithPerson() const {
    return From(
        absl::StrCat(
            table_,
            " JOIN (SELECT person_id, COALESCE(CAST(birth_datetime AS DATE), "
            "CAST(CONCAT(year_of_birth, "
            "'-', ",
            Padded("month_of_birth"), ", '-', ", Padded("day_of_birth"),
            ") AS DATE)) AS birth, COALESCE(CAST(birth_datetime AS DATE), "
            "CAST(CONCAT(year_of_birth, "
            "'-06-01') AS DATE)) AS birth_or_june FROM person) p ON p.person_id = t.person_id"),
        false, "person");
  }

  // A person dies once: of several rows the earliest counts.
  Rows WithDeath() const {
    return From(
        absl::StrCat(table_,
                     " JOIN (SELECT person_id, MIN(death_date) AS death_date FROM death GROUP BY "
                     "person_id) d ON d.person_id = t.person_id"),
        false, "death");
  }

  // A visit's bounds once a visit, not once an event.
  Rows WithVisit() const {
    Rows rows = From(absl::StrCat(table_, " JOIN (SELECT visit_occurrence_id, ",
                                  dialect_.AddDays("visit_start_date", "-7"), " AS earliest, ",
                                  dialect_.AddDays("visit_end_date", "7"),
                                  " AS latest FROM visit_occurrence) v ON v.visit_occurrence_id = "
                                  "t.visit_occurrence_id"),
                     false, "visit_occurrence");
    rows.field = "visit_occurrence_id";
    return rows;
  }

  std::string AfterDeath() const {  // more than the 60 days that letters and bills may take
    return When(absl::StrCat(Day(field_), " > ", dialect_.AddDays("d.death_date", "60")));
  }

  CheckCells OfGender() const {
    std::string sql =
        absl::StrCat("(SELECT ", field_, " AS k, p.gender_concept_id AS g, COUNT(*) AS n FROM ",
                     table_, " LEFT JOIN person p ON p.person_id = t.person_id GROUP BY ", field_,
                     ", p.gender_concept_id) h");
    std::string is = absl::StrCat("h.k = ", Av(check_.concept_ids));
    if (check_.kind == CheckKind::kPlausibleGenderUseDescendants) {
      absl::StrAppend(&sql, " JOIN concept_ancestor a ON a.descendant_concept_id = h.k");
      is = absl::StrCat("a.ancestor_concept_id IN (", Av(check_.concept_ids), ")");
    }
    const Rows rows = From(std::move(sql), true);
    const char* gender = check_.argument == "Male" ? "8507" : "8532";
    return {{rows, Sum(absl::StrCat(is, " AND h.g <> ", gender))}, {rows, Sum(is)}};
  }

  // The condition is in the count and not in a WHERE: columns that are not cut to fewer rows are
  // grouped in the form in which they are stored.
  CheckCells OfUnit() const {
    const Rows rows = From(
        absl::StrCat("(SELECT ", field_,
                     " AS k, t.unit_concept_id AS u, COUNT(CASE WHEN t.value_as_number IS NOT "
                     "NULL AND t.unit_source_value IS NOT NULL AND COALESCE(t.unit_concept_id, "
                     "-1) <> 0 THEN 1 END) AS n FROM ",
                     table_, " GROUP BY ", field_, ", t.unit_concept_id) h"),
        true);
    const std::string is = absl::StrCat("h.k = ", Av(check_.concept_ids));
    const std::string wrong = check_.argument.empty() ? "h.u IS NOT NULL"
                                                      : absl::StrCat("COALESCE(h.u, -1) NOT IN (",
                                                                     Av(check_.argument), ")");
    return {{rows, Sum(absl::StrCat(is, " AND ", wrong))}, {rows, Sum(is)}};
  }

  const Check& check_;
  const std::string& as_of_;
  const SqlDialect& dialect_;
  const std::string table_, field_;
};

}  // namespace

CheckCells CellsOf(const Check& check, const std::string& as_of, const SqlDialect& dialect) {
  return Cells(check, as_of, dialect).Make();
}

Rows WholeTable(std::string_view table) { return {.sql = absl::StrCat(Av(table), " t")}; }

std::string CountOf(std::string_view field) { return absl::StrCat("COUNT(", NameInT(field), ")"); }

std::string SmallestOf(std::string_view field) { return absl::StrCat("MIN(", NameInT(field), ")"); }

std::string LargestOf(std::string_view field) { return absl::StrCat("MAX(", NameInT(field), ")"); }

}  // namespace essaim
