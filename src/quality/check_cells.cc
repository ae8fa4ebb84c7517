#include "quality/check_cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"
#include "quality/check_rows.h"

namespace essaim {
namespace {

constexpr char kRows[] = "COUNT(*)";

std::shared_ptr<const Cell> Shared(Cell cell) {
  return std::make_shared<const Cell>(std::move(cell));
}

std::string Lower(std::string_view name) { return absl::AsciiStrToLower(Av(name)); }

// In the list of all checks; its end if there is none.
auto Find(CheckKind kind, const std::string& table, const std::string& field = "") {
  return std::ranges::find_if(AllChecks(), [&](const Check& c) {
    return c.kind == kind && c.table == table && (field.empty() || Lower(c.field) == field);
  });
}

// Builds the cells of one check over table t.
class Cells {
 public:
  Cells(const Check& check, const std::string& as_of, const SqlDialect& dialect)
      : check_(check),
        as_of_(as_of),
        dialect_(dialect),
        table_(check.table),
        field_(Lower(check.field)),
        name_(check.field.empty() ? "" : NameInT(check.field)) {}

  CheckCells Make() const {
    switch (check_.kind) {
      case CheckKind::kCdmTable:
      case CheckKind::kCdmField:
        break;
      case CheckKind::kMeasurePersonCompleteness:
        return {Without(), {.rows = WholeTable("person"), .aggregate = kRows}};
      case CheckKind::kMeasureConditionEraCompleteness:
        return Over({.head = "(SELECT DISTINCT person_id FROM condition_occurrence) w LEFT JOIN "
                             "(SELECT DISTINCT person_id FROM condition_era) o ON o.person_id = "
                             "w.person_id"},
                    When("o.person_id IS NULL"));
      case CheckKind::kMeasureObservationPeriodOverlap:
        return Over(TouchingPeriods(dialect_), "SUM(touching)");
      case CheckKind::kIsRequired:
      case CheckKind::kMeasureValueCompleteness:
        return {Whole(absl::StrCat("COUNT(*) - ", CountOf(field_))), Whole(kRows)};
      case CheckKind::kCdmDatatype:  // columns are typed: an integer's field holds nothing else
        return {Whole("0 * COUNT(*)"), Whole(kRows)};
      case CheckKind::kIsPrimaryKey:
        return {Repeated(), Whole(kRows)};
      case CheckKind::kIsForeignKey:
        return {Orphans(), Whole(kRows)};
      case CheckKind::kFkDomain:
        return {OfConcept(absl::StrCat("r.domain_id <> ", Text(check_.argument))), Whole(kRows)};
      case CheckKind::kFkClass:
        return {OfConcept(absl::StrCat("r.concept_class_id <> ", Text(check_.argument))),
                Whole(kRows)};
      case CheckKind::kIsStandardValidConcept:
        return {OfConcept("(r.standard_concept <> 'S' OR r.invalid_reason IS NOT NULL)"),
                Whole(CountOf(field_))};
      case CheckKind::kStandardConceptRecordCompleteness:
      case CheckKind::kSourceConceptRecordCompleteness:
        return Unmapped();
      case CheckKind::kSourceValueCompleteness:
        return SourceValues();
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
  CheckCells MakeTemporalOrConcept() const {
    switch (check_.kind) {
      case CheckKind::kPlausibleTemporalAfter: {
        if (check_.argument == "PERSON") return {BeforeBirth("p.birth_or_june"), Whole(kRows)};
        const std::string other = NameInT(check_.argument2);
        return {Whole(When(LaterDay(other, name_))), Whole(kRows)};
      }
      case CheckKind::kPlausibleAfterBirth:
        return {BeforeBirth("p.birth"), Whole(CountOf(field_))};
      case CheckKind::kPlausibleDuringLife:
        return {AfterDeath(), OfTheDead("h.n", "")};
      case CheckKind::kPlausibleBeforeDeath:
        return {AfterDeath(),
                OfTheDead("h.n_" + field_, absl::StrCat(", ", CountOf(field_), " AS n_", field_))};
      case CheckKind::kWithinVisitDates:
        return {AtVisit(field_, "outside"), AtVisit(field_, "n")};
      case CheckKind::kPlausibleStartBeforeEnd: {
        const std::string end = NameInT(check_.argument);
        return {Whole(When(LaterDay(name_, end))),
                Whole(When(absl::StrCat(name_, " IS NOT NULL AND ", end, " IS NOT NULL")))};
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

  static std::string Text(std::string_view value) {
    return absl::StrCat("'", absl::StrReplaceAll(Av(value), {{"'", "''"}}), "'");
  }

  // Where the days differ the times do, and comparing those takes no look at the days.
  static std::string LaterDay(const std::string& a, const std::string& b) {
    return absl::StrCat(a, " > ", b, " AND ", Day(a), " > ", Day(b));
  }

  Cell Whole(std::string aggregate) const {
    return {.rows = WholeTable(table_), .aggregate = std::move(aggregate)};
  }

  // Over rows that come from the table's.
  Cell From(Rows rows, std::string aggregate) const {
    return {.rows = std::move(rows), .aggregate = std::move(aggregate), .table = table_};
  }

  CheckCells Over(const Rows& rows, const std::string& violated) const {
    return {From(rows, violated), From(rows, kRows)};
  }

  Cell Without() const {
    return {.rows = ByPerson(table_),
            .aggregate = "(SELECT COUNT(*) FROM person) - COALESCE(SUM(w.n), 0)",
            .join = WithPersons()};
  }

  // ---- keys ------------------------------------------------------------------------------------

  Cell Repeated() const {
    Cell cell = From(
        {.head = absl::StrCat("(SELECT ", name_, " AS k, COUNT(*) AS n FROM ", table_, " t WHERE ",
                              name_, " IS NOT NULL GROUP BY ", name_, " HAVING COUNT(*) > 1) g")},
        "SUM(n)");
    cell.field = cell.key = field_;
    cell.key_table = table_;
    cell.doubt = DoubtOfRepeated(dialect_, table_, field_);
    return cell;
  }

  Cell Orphans() const {
    const std::string other = Lower(check_.argument), key = Lower(check_.argument2);
    constexpr char kOrphan[] = "h.k IS NOT NULL AND r.k IS NULL";
    if (other == "concept") return OfValue(ByConcept(table_, field_), kOrphan);
    if (other == "person" && field_ == "person_id" && key == "person_id") {
      Cell cell = From(ByPerson(table_), WhenOfGroup("h.k IS NOT NULL AND w.k IS NULL"));
      cell.join = WithPersons();
      return cell;
    }
    Cell cell = OfValue(ByKey(table_, field_, other, key), kOrphan);
    cell.key_table = other;
    cell.key = key;
    cell.doubt = DoubtOfOrphans(dialect_, table_, field_, other, key);
    if (const auto dates = Find(CheckKind::kWithinVisitDates, table_);
        other == "visit_occurrence" && field_ == key && dates != AllChecks().end()) {
      // A value meets at most one visit: as many meetings as values leave none without its visit.
      Cell proof = AtVisit(Lower(dates->field), "n");
      proof.aggregate = absl::StrCat("(SELECT ", CountOf(field_), " FROM ", table_,
                                     " t) - COALESCE(", proof.aggregate, ", 0)");
      cell.proof = Shared(std::move(proof));
      cell.unique = other;
    }
    return cell;
  }

  Cell OfValue(const Rows& rows, const std::string& wrong) const {
    Cell cell = From(rows, WhenOfGroup(wrong));
    cell.field = field_;
    return cell;
  }

  Cell OfConcept(const std::string& wrong) const {
    return OfValue(ByConcept(table_, field_), absl::StrCat("r.k <> 0 AND ", wrong));
  }

  // ---- completeness ----------------------------------------------------------------------------

  // A unit that is missing where there should be one counts as one that is not mapped.
  CheckCells Unmapped() const {
    const bool with_value = table_ == "measurement" || table_ == "observation";
    if (with_value && field_ == "unit_concept_id")
      return {Whole(When(absl::StrCat("COALESCE(", name_, ", 0) = 0"))), Whole(kRows)};
    if (with_value && field_ == "unit_source_concept_id") {
      const Cell all = Whole("COUNT(t.unit_source_value)");
      Cell none = From(
          WholeTable(table_),
          When(absl::StrCat("COALESCE(", name_, ", 0) = 0 AND t.unit_source_value IS NOT NULL")));
      none.field = field_;
      none.if_null = Shared(all);
      return {std::move(none), all};
    }
    return {RowsWhere(absl::StrCat(name_, " = 0")), Whole(CountOf(field_))};
  }

  // A source value a row, NULL among them.
  CheckCells SourceValues() const {
    CheckCells cells =
        Over({.head = absl::StrCat("(SELECT MAX(CASE WHEN ", NameInT(check_.argument),
                                   " = 0 THEN 1 ELSE 0 END) AS unmapped FROM ", table_,
                                   " t GROUP BY ", name_, ") g")},
             "SUM(unmapped)");
    cells.violated.field = cells.denominator.field = field_;
    Cell unmapped =
        From(ByValue(table_, check_.argument), "MAX(CASE WHEN h.k = 0 THEN 1 ELSE 0 END)");
    unmapped.field = Lower(check_.argument);
    cells.violated.if_null = Shared(std::move(unmapped));
    cells.denominator.if_null = Shared(Whole("CASE WHEN COUNT(*) > 0 THEN 1 ELSE 0 END"));
    return cells;
  }

  // ---- bounds and times ------------------------------------------------------------------------

  // The lists' bounds: a number, a day as 'YYYYMMDD', or one of two expressions of today.
  std::string Bound() const {
    const std::string_view bound = check_.argument;
    if (absl::StartsWith(Av(bound), "DATEADD")) return dialect_.AddDays(DateOf(as_of_), "1");
    if (absl::StartsWith(Av(bound), "YEAR"))
      return absl::StrCat("EXTRACT(YEAR FROM ", DateOf(as_of_), ") + 1");
    if (bound.size() == 10 && bound[0] == '\'') {
      return DateOf(absl::StrCat(Av(bound.substr(1, 4)), "-", Av(bound.substr(5, 2)), "-",
                                 Av(bound.substr(7, 2))));
    }
    return std::string(bound);
  }

  CheckCells Bounded(const char* beyond) const {
    return {RowsWhere(absl::StrCat(name_, " ", beyond, " ", Bound())), Whole(CountOf(field_))};
  }

  // How many rows there are with such a value, which is not NULL.
  Cell RowsWhere(const std::string& condition) const {
    Cell cell = Whole(When(condition));
    if (dialect_.SkipsByRange()) {
      cell = {.rows = {.head = absl::StrCat(table_, " t WHERE ", condition)}, .aggregate = kRows};
    }
    cell.table = table_;
    cell.field = field_;
    return cell;
  }

  // A person's first day proves it for all of that person's rows.
  Cell BeforeBirth(const std::string& birth) const {
    Cell cell = From(RowsWithBirth(table_), When(absl::StrCat(Day(name_), " < ", birth)));
    cell.field = field_;
    cell.other = "person";
    cell.proof = Shared({.rows = ByPerson(table_),
                         .aggregate = When(absl::StrCat(Day("h.low_" + field_), " < ", birth)),
                         .columns = absl::StrCat(", ", SmallestOf(field_), " AS low_", field_),
                         .join = WithBirth()});
    return cell;
  }

  // More than the 60 days that letters and bills may take.
  Cell AfterDeath() const {
    const std::string end = dialect_.AddDays("d.death_date", "60");
    Cell cell = From(RowsWithDeath(table_), When(absl::StrCat(Day(name_), " > ", end)));
    cell.field = field_;
    cell.other = "death";
    cell.proof = Shared({.rows = ByPerson(table_),
                         .aggregate = When(absl::StrCat(Day("h.high_" + field_), " > ", end)),
                         .columns = absl::StrCat(", ", LargestOf(field_), " AS high_", field_),
                         .join = WithDeath()});
    return cell;
  }

  Cell OfTheDead(const std::string& n, std::string columns) const {
    Cell cell = From(ByPerson(table_),
                     absl::StrCat("SUM(CASE WHEN d.k IS NOT NULL THEN ", n, " ELSE 0 END)"));
    cell.columns = std::move(columns);
    cell.join = WithDeath();
    cell.other = "death";
    return cell;
  }

  Cell AtVisit(const std::string& day, const char* what) const {
    const auto place = static_cast<std::size_t>(Find(CheckKind::kWithinVisitDates, table_, day) -
                                                AllChecks().begin());
    Cell cell = From(AtVisits(dialect_), absl::StrCat("SUM(CASE WHEN h.part = ", place, " THEN h.",
                                                      what, " ELSE 0 END)"));
    cell.columns = PartOfVisits(place, table_, day);
    cell.field = "visit_occurrence_id";
    cell.other = "visit_occurrence";
    return cell;
  }

  // ---- concepts --------------------------------------------------------------------------------

  CheckCells OfGender() const {
    Rows all = ByValue(table_, field_), rows = BySex(table_, field_);
    std::string is = absl::StrCat("h.k = ", Av(check_.concept_ids)), other;
    if (check_.kind == CheckKind::kPlausibleGenderUseDescendants) {
      other = "concept_ancestor";
      const std::string join = absl::StrCat(" JOIN ", other, " a ON a.descendant_concept_id = h.k");
      all.tail += join;
      rows.tail += join;
      is = absl::StrCat("a.ancestor_concept_id IN (", Av(check_.concept_ids), ")");
    }
    const char* gender = check_.argument == "Male" ? "8507" : "8532";
    CheckCells cells = {OfValue(rows, absl::StrCat(is, " AND h.g <> ", gender)), OfValue(all, is)};
    cells.violated.other = cells.denominator.other = other;
    return cells;
  }

  CheckCells OfUnit() const {
    const Rows rows = ByUnit(table_, field_);
    const std::string is =
        absl::StrCat("h.k = ", Av(check_.concept_ids), " AND COALESCE(h.u, -1) <> 0");
    const std::string wrong = check_.argument.empty() ? "h.u IS NOT NULL"
                                                      : absl::StrCat("COALESCE(h.u, -1) NOT IN (",
                                                                     Av(check_.argument), ")");
    return {OfValue(rows, absl::StrCat(is, " AND ", wrong)), OfValue(rows, is)};
  }

  const Check& check_;
  const std::string& as_of_;
  const SqlDialect& dialect_;
  const std::string table_, field_, name_;
};

}  // namespace

CheckCells CellsOf(const Check& check, const std::string& as_of, const SqlDialect& dialect) {
  return Cells(check, as_of, dialect).Make();
}

}  // namespace essaim
