#include "quality/check_rows.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace essaim {
namespace {

std::string Padded(std::string_view part) {
  return absl::StrCat("LPAD(CAST(COALESCE(", Av(part), ", 1) AS VARCHAR(2)), 2, '0')");
}

// A person a row, k. Of a birth without a month some checks take January, others June.
std::string Births() {
  const std::string given = "COALESCE(CAST(birth_datetime AS DATE), CAST(CONCAT(year_of_birth, ";
  return absl::StrCat("(SELECT person_id AS k, ", given, "'-', ", Padded("month_of_birth"),
                      ", '-', ", Padded("day_of_birth"), ") AS DATE)) AS birth, ", given,
                      "'-06-01') AS DATE)) AS birth_or_june FROM person)");
}

// A person dies once: of several rows the earliest counts.
constexpr char kDeaths[] =
    "(SELECT person_id AS k, MIN(death_date) AS death_date FROM death GROUP BY person_id)";

// The integers of a field 32 at a time: which of them are there, as bits, and in how many rows.
std::string Blocks(const SqlDialect& dialect, std::string_view table, std::string_view field) {
  const std::string name = NameInT(field), block = dialect.BlockOf(name);
  return absl::StrCat("(SELECT ", block, " AS block, BIT_OR(", dialect.BitInBlock(name),
                      ") AS bits, COUNT(*) AS n FROM ", Av(table), " t WHERE ", name,
                      " IS NOT NULL GROUP BY ", block, ")");
}

}  // namespace

std::string NameInT(std::string_view field) {
  return field == "offset" ? "t.\"offset\""
                           : absl::StrCat("t.", Av(absl::AsciiStrToLower(Av(field))));
}

std::string Day(std::string_view expression) {
  return absl::StrCat("CAST(", Av(expression), " AS DATE)");
}

std::string When(std::string_view condition) {
  return absl::StrCat("SUM(CASE WHEN ", Av(condition), " THEN 1 ELSE 0 END)");
}

std::string WhenOfGroup(std::string_view condition) {
  return absl::StrCat("SUM(CASE WHEN ", Av(condition), " THEN h.n ELSE 0 END)");
}

std::string DateOf(std::string_view day) { return absl::StrCat("DATE '", Av(day), "'"); }

Rows WholeTable(std::string_view table) { return {.head = absl::StrCat(Av(table), " t")}; }

std::string CountOf(std::string_view field) { return absl::StrCat("COUNT(", NameInT(field), ")"); }

std::string SmallestOf(std::string_view field) { return absl::StrCat("MIN(", NameInT(field), ")"); }

std::string LargestOf(std::string_view field) { return absl::StrCat("MAX(", NameInT(field), ")"); }

Rows ByValue(std::string_view table, std::string_view field) {
  const std::string name = NameInT(field);
  return {.head = absl::StrCat("(SELECT ", name, " AS k, COUNT(*) AS n"),
          .tail = absl::StrCat(" FROM ", Av(table), " t GROUP BY ", name, ") h")};
}

Rows ByConcept(std::string_view table, std::string_view field) {
  Rows rows = ByValue(table, field);
  rows.tail +=
      " LEFT JOIN (SELECT concept_id AS k, domain_id, concept_class_id, standard_concept, "
      "invalid_reason FROM concept) r ON r.k = h.k";
  return rows;
}

Rows ByKey(std::string_view table, std::string_view field, std::string_view other,
           std::string_view key) {
  Rows rows = ByValue(table, field);
  absl::StrAppend(&rows.tail, " LEFT JOIN (SELECT ", Av(key), " AS k FROM ", Av(other),
                  ") r ON r.k = h.k");
  return rows;
}

Rows OfOneValue(Rows rows, std::string_view table, std::string_view field, std::int64_t value,
                std::int64_t n) {
  rows.head =
      absl::StrCat("(SELECT CAST(", value, " AS BIGINT) AS k, CAST(", n, " AS BIGINT) AS n");
  rows.tail.erase(0, ByValue(table, field).tail.size());
  rows.tail.insert(0, ") h");
  return rows;
}

Rows ByPerson(std::string_view table) { return ByValue(table, "person_id"); }

std::string WithPersons() {
  return " LEFT JOIN (SELECT person_id AS k, COUNT(*) AS n FROM person GROUP BY person_id) w ON "
         "w.k "
         "= h.k";
}

std::string WithBirth() {
  return absl::StrCat(
      " LEFT JOIN (SELECT k, MAX(birth) AS birth, MAX(birth_or_june) AS birth_or_june FROM ",
      Births(), " b GROUP BY k) p ON p.k = h.k");
}

std::string WithDeath() { return absl::StrCat(" LEFT JOIN ", kDeaths, " d ON d.k = h.k"); }

Rows RowsWithBirth(std::string_view table) {
  return {.head = absl::StrCat(Av(table), " t JOIN ", Births(), " p ON p.k = t.person_id")};
}

Rows RowsWithDeath(std::string_view table) {
  return {.head = absl::StrCat(Av(table), " t JOIN ", kDeaths, " d ON d.k = t.person_id")};
}

Rows AtVisits(const SqlDialect& dialect) {
  return {.head =
              "(SELECT e.part, COUNT(*) AS n, SUM(CASE WHEN e.d < v.earliest OR e.d > v.latest "
              "THEN 1 ELSE 0 END) AS outside FROM (",
          .between = " UNION ALL ",
          .tail = absl::StrCat(") e JOIN (SELECT visit_occurrence_id AS k, ",
                               dialect.AddDays("visit_start_date", "-7"), " AS earliest, ",
                               dialect.AddDays("visit_end_date", "7"),
                               " AS latest FROM visit_occurrence) v ON v.k = e.k GROUP BY e.part) "
                               "h")};
}

std::string PartOfVisits(std::size_t part, std::string_view table, std::string_view day_field) {
  return absl::StrCat("SELECT ", part, " AS part, t.visit_occurrence_id AS k, ",
                      Day(day_field.empty() ? "NULL" : NameInT(day_field)), " AS d FROM ",
                      Av(table), " t");
}

Rows BySex(std::string_view table, std::string_view field) {
  const std::string name = NameInT(field);
  return {.head = absl::StrCat("(SELECT ", name, " AS k, p.gender_concept_id AS g, COUNT(*) AS n"),
          .tail = absl::StrCat(" FROM ", Av(table),
                               " t LEFT JOIN person p ON p.person_id = t.person_id GROUP BY ", name,
                               ", p.gender_concept_id) h")};
}

// The condition is in the count and not in a WHERE: columns that are not cut to fewer rows are
// grouped in the form in which they are stored.
Rows ByUnit(std::string_view table, std::string_view field) {
  const std::string name = NameInT(field);
  return {.head =
              absl::StrCat("(SELECT ", name,
                           " AS k, t.unit_concept_id AS u, COUNT(CASE WHEN t.value_as_number IS "
                           "NOT NULL AND t.unit_source_value IS NOT NULL THEN 1 END) AS n FROM ",
                           Av(table), " t GROUP BY ", name, ", t.unit_concept_id) h")};
}

// In the order of their starts, periods of a person touch exactly where one begins no later than
// the day after the latest end before it.
Rows TouchingPeriods(const SqlDialect& dialect) {
  return {
      .head = absl::StrCat(
          "(SELECT person_id, MAX(CASE WHEN observation_period_start_date <= ",
          dialect.AddDays("before_end", "1"),
          " THEN 1 ELSE 0 END) AS touching FROM (SELECT person_id, observation_period_start_date, "
          "MAX(observation_period_end_date) OVER (PARTITION BY person_id ORDER BY "
          "observation_period_start_date, observation_period_id ROWS BETWEEN UNBOUNDED PRECEDING "
          "AND 1 PRECEDING) AS before_end FROM observation_period) s GROUP BY person_id) g")};
}

std::string DoubtOfRepeated(const SqlDialect& dialect, std::string_view table,
                            std::string_view field) {
  return absl::StrCat("SELECT SUM(n - ", dialect.BitCount("bits"), ") FROM ",
                      Blocks(dialect, table, field), " b");
}

std::string DoubtOfOrphans(const SqlDialect& dialect, std::string_view table,
                           std::string_view field, std::string_view other, std::string_view key) {
  return absl::StrCat(
      "SELECT COUNT(*) FROM ", Blocks(dialect, table, field), " h LEFT JOIN ",
      Blocks(dialect, other, key),
      " r ON r.block = h.block WHERE r.bits IS NULL OR (h.bits & r.bits) <> h.bits");
}

}  // namespace essaim
