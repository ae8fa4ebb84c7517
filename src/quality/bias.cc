// The figures B1 to B7: what is measured of each group, and how far the groups are apart.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/cdm.h"
#include "quality/groups.h"
#include "warehouse/row_source.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

constexpr char kTable[] = "essaim_quality_groups";
constexpr std::size_t kGroupBytesMax = 64;
constexpr std::size_t kSourceBytesMax = 256;
constexpr int kProxiesTried = 200;  // the condition concepts that most persons have

class BiasReport {
 public:
  BiasReport(SqlEngine& engine, const GroupRule& rule, const std::string& as_of)
      : engine_(engine), rule_(rule), as_of_(as_of) {}

  absl::StatusOr<Bias> Make() {
    bias_.by = rule_.name();
    if (!rule_.file.empty()) ESSAIM_RETURN_IF_ERROR(ReadGroups());
    ESSAIM_RETURN_IF_ERROR(Persons());
    ESSAIM_RETURN_IF_ERROR(Measurements());
    ESSAIM_RETURN_IF_ERROR(Proxy());
    for (auto& [name, group] : groups_) bias_.groups.push_back(std::move(group));
    return std::move(bias_);
  }

 private:
  // Relation g(person_id, grp), nobody twice.
  std::string Groups() const {
    if (!rule_.file.empty()) {
      return absl::StrCat("(SELECT person_id, MIN(grp) AS grp FROM ", kTable,
                          " GROUP BY person_id) g");
    }
    std::string value = "CASE gender_concept_id WHEN 8507 THEN 'M' WHEN 8532 THEN 'F' END";
    if (!rule_.ages.empty()) {
      value = absl::StrCat("CASE WHEN year_of_birth IS NULL THEN NULL");
      int from = 0;
      for (const int age : rule_.ages) {
        absl::StrAppend(&value, " WHEN EXTRACT(YEAR FROM DATE '", as_of_, "') - year_of_birth < ",
                        age, " THEN '", from, "-", age - 1, "'");
        from = age;
      }
      absl::StrAppend(&value, " ELSE '", from, "+' END");
    } else if (!rule_.region.empty()) {
      return absl::StrCat("(SELECT p.person_id, l.", rule_.region,
                          " AS grp FROM person p JOIN location l ON l.location_id = p.location_id "
                          "WHERE l.",
                          rule_.region, " IS NOT NULL) g");
    } else if (rule_.field.ends_with("_concept_id")) {
      return absl::StrCat("(SELECT p.person_id, COALESCE(c.concept_name, CAST(p.", rule_.field,
                          " AS VARCHAR)) AS grp FROM person p LEFT JOIN concept c ON c.concept_id "
                          "= p.",
                          rule_.field, " WHERE p.", rule_.field, " <> 0) g");
    } else if (!rule_.field.empty()) {
      value = absl::StrCat("CAST(", rule_.field, " AS VARCHAR)");
    }
    return absl::StrCat("(SELECT person_id, grp FROM (SELECT person_id, ", value,
                        " AS grp FROM person) a WHERE grp IS NOT NULL) g");
  }

  absl::Status Wrong(std::uint64_t line, std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(rule_.file, ": line ", line, ": ", Av(what)));
  }

  // The file's lines into a table: person or source value, group, line.
  absl::Status ReadGroups() {
    ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(rule_.file, nullptr));
    using Header = std::vector<std::string>;
    const bool by_id = rows->header() == Header{"person_id", "group"};
    if (!by_id && rows->header() != Header{"person_source_value", "group"})
      return Wrong(1, "the columns person_id,group or person_source_value,group were expected");
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute("CREATE TABLE essaim_quality_named (source VARCHAR(256),"
                        " grp VARCHAR(64), line BIGINT)"));
    ESSAIM_ASSIGN_OR_RETURN(auto appender,
                            engine_.Append("essaim_quality_named", {"source", "grp", "line"}));
    std::set<std::string> names;
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
      if (event == CsvScanner::Event::kEnd) break;
      if (event == CsvScanner::Event::kBad) return Wrong(rows->line(), rows->reason());
      const std::string_view person = rows->cells()[0], group = rows->cells()[1];
      std::int64_t id = 0;
      if (person.empty() || person.size() > kSourceBytesMax ||
          (by_id && !absl::SimpleAtoi(Av(person), &id)))
        return Wrong(rows->line(), by_id ? "person_id: a whole number was expected"
                                         : "person_source_value: a text was expected");
      if (group.empty() || group.size() > kGroupBytesMax)
        return Wrong(rows->line(), "group: a text of 1 to 64 bytes was expected");
      names.emplace(group);
      if (names.size() > kGroupsMax) return Wrong(rows->line(), "more than 50 groups");
      const std::string key = by_id ? absl::StrCat(id) : std::string(person);
      const std::string line = absl::StrCat(rows->line());
      ESSAIM_RETURN_IF_ERROR(
          appender->Row(std::vector<std::optional<std::string_view>>{key, group, line}));
    }
    ESSAIM_RETURN_IF_ERROR(appender->Close());
    return Match(by_id);
  }

  absl::Status Match(bool by_id) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows twice,
        engine_.Query("SELECT MAX(line) FROM essaim_quality_named GROUP BY source HAVING "
                      "COUNT(DISTINCT grp) > 1 ORDER BY 1 LIMIT 1"));
    if (!twice.rows.empty())
      return Wrong(static_cast<std::uint64_t>(NumberOf(twice.rows[0][0])),
                   "the same person as in an earlier line, in another group");
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "CREATE TABLE ", kTable,
        " AS SELECT p.person_id AS person_id, n.grp AS grp FROM "
        "essaim_quality_named n JOIN person p ON ",
        by_id ? "CAST(p.person_id AS VARCHAR)" : "p.person_source_value", " = n.source")));
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows counts,
        engine_.Query(absl::StrCat("SELECT (SELECT COUNT(DISTINCT source) FROM "
                                   "essaim_quality_named), (SELECT COUNT(DISTINCT person_id) FROM ",
                                   kTable, ")")));
    const double named = NumberOf(counts.rows[0][0]), found = NumberOf(counts.rows[0][1]);
    if (found == 0)
      return Wrong(2,
                   "no line names a person of this warehouse; a load with pseudonyms changes "
                   "person_source_value");
    bias_.n_unknown = static_cast<std::uint64_t>(std::fmax(0, named - found));
    return absl::OkStatus();
  }

  absl::Status Persons() {
    std::vector<std::string> joins, all;
    for (const char* table : {"visit_occurrence", "condition_occurrence", "drug_exposure",
                              "measurement", "procedure_occurrence"}) {
      joins.push_back(absl::StrCat("LEFT JOIN (SELECT DISTINCT person_id FROM ", table, ") ", table,
                                   "_ ON ", table, "_.person_id = p.person_id"));
      all.push_back(absl::StrCat(table, "_.person_id IS NOT NULL"));
    }
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat(
            "SELECT g.grp, COUNT(*), SUM(COALESCE(c.n, 0)), SUM(CASE WHEN c.n IS NULL THEN 1 ELSE "
            "0 "
            "END), SUM(COALESCE(o.days, 0)), SUM(CASE WHEN d.person_id IS NOT NULL THEN 1 ELSE 0 "
            "END), SUM(CASE WHEN ",
            absl::StrJoin(all, " AND "), " THEN 1 ELSE 0 END) FROM ", Groups(),
            " JOIN person p ON p.person_id = g.person_id LEFT JOIN (SELECT person_id, COUNT(*) AS "
            "n "
            "FROM condition_occurrence GROUP BY person_id) c ON c.person_id = p.person_id LEFT "
            "JOIN "
            "(SELECT person_id, SUM(",
            engine_.dialect().DaysBetween("observation_period_start_date",
                                          "observation_period_end_date"),
            " + 1) AS days FROM observation_period GROUP BY person_id) o ON o.person_id = "
            "p.person_id LEFT JOIN (SELECT DISTINCT person_id FROM death) d ON d.person_id = "
            "p.person_id ",
            absl::StrJoin(joins, " "), " GROUP BY g.grp ORDER BY COUNT(*) DESC, g.grp LIMIT ",
            kGroupsMax)));
    for (const auto& row : rows.rows) {
      if (NumberOf(row[1]) < kGroupPersonsMin) continue;
      const std::string name = TextOf(row[0]);
      groups_[name] = {.group = name,
                       .n_persons = NumberOf(row[1]),
                       .n_conditions = NumberOf(row[2]),
                       .n_without_condition = NumberOf(row[3]),
                       .n_deaths = NumberOf(row[5]),
                       .n_days = NumberOf(row[4]),
                       .n_complete = NumberOf(row[6])};
    }
    return absl::OkStatus();
  }

  absl::Status Measurements() {  // a person's first: those are few, measurements are not
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat(
            "SELECT g.grp, SUM(m.n), SUM(m.empty) FROM (SELECT person_id, COUNT(*) AS n, SUM(CASE "
            "WHEN value_as_number IS NULL AND COALESCE(value_as_concept_id, 0) = 0 THEN 1 ELSE 0 "
            "END) AS empty FROM measurement GROUP BY person_id) m JOIN ",
            Groups(), " ON g.person_id = m.person_id GROUP BY g.grp")));
    for (const auto& row : rows.rows) {
      const auto at = groups_.find(TextOf(row[0]));
      if (at == groups_.end()) continue;
      at->second.n_measurements = NumberOf(row[1]);
      at->second.n_without_value = NumberOf(row[2]);
    }
    return absl::OkStatus();
  }

  // Persons of each group that have each of the commonest condition concepts.
  absl::Status Proxy() {
    if (groups_.size() < 2) return absl::OkStatus();
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat(
            "SELECT c.condition_concept_id, g.grp, COUNT(DISTINCT c.person_id) FROM "
            "condition_occurrence c JOIN (SELECT condition_concept_id FROM (SELECT "
            "condition_concept_id, COUNT(DISTINCT person_id) AS n FROM condition_occurrence WHERE "
            "condition_concept_id <> 0 GROUP BY condition_concept_id) a WHERE n >= ",
            kGroupPersonsMin, " ORDER BY n DESC, condition_concept_id LIMIT ", kProxiesTried,
            ") t ON t.condition_concept_id = c.condition_concept_id JOIN ", Groups(),
            " ON g.person_id = c.person_id GROUP BY c.condition_concept_id, g.grp")));
    std::map<std::string, std::map<std::string, double>> have;
    for (const auto& row : rows.rows) have[TextOf(row[0])][TextOf(row[1])] = NumberOf(row[2]);
    for (const auto& [concept_id, by_group] : have) {
      const double strength = Uncertainty(by_group);
      if (strength <= bias_.proxy_strength && !bias_.proxy_concept.empty()) continue;
      bias_.proxy_concept = concept_id;
      bias_.proxy_strength = strength;
    }
    return absl::OkStatus();
  }

  // I(group; has the concept) / H(group).
  double Uncertainty(const std::map<std::string, double>& with) const {
    double n = 0, n_with = 0;
    const auto of = [&](const std::string& name) {
      const auto at = with.find(name);
      return at == with.end() ? 0 : at->second;
    };
    for (const auto& [name, group] : groups_) n += group.n_persons, n_with += of(name);
    double information = 0, entropy = 0;
    for (const auto& [name, group] : groups_) {
      const double p = group.n_persons / n;
      entropy -= p * std::log(p);
      for (const auto& [cell, margin] :
           {std::pair(of(name), n_with), {group.n_persons - of(name), n - n_with}}) {
        if (cell > 0) information += cell / n * std::log(cell * n / (group.n_persons * margin));
      }
    }
    return entropy > 0 ? std::clamp(information / entropy, 0.0, 1.0) : 0;
  }

  SqlEngine& engine_;
  const GroupRule& rule_;
  const std::string& as_of_;
  Bias bias_;
  std::map<std::string, GroupFigures> groups_;
};

// The lowest and the highest group by a rate, of those where it can be told.
struct Range {
  double low = 0, high = 0, n = 0;
  std::string detail;  // "lowest group / highest group"; empty if there are fewer than two
};

Range RangeOf(const Bias& bias, double GroupFigures::*part, double GroupFigures::*whole) {
  Range range;
  const GroupFigures *lowest = nullptr, *highest = nullptr;
  for (const GroupFigures& g : bias.groups) {
    if (!(g.*whole > 0)) continue;
    const double rate = g.*part / g.*whole;
    range.n += g.n_persons;
    if (lowest == nullptr || rate < range.low) lowest = &g, range.low = rate;
    if (highest == nullptr || rate > range.high) highest = &g, range.high = rate;
    if (lowest != highest) range.detail = absl::StrCat(lowest->group, " / ", highest->group);
  }
  return range;
}

}  // namespace

absl::StatusOr<Bias> BiasOf(SqlEngine& engine, const GroupRule& rule, const std::string& as_of) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute("BEGIN"));
  absl::StatusOr<Bias> bias = BiasReport(engine, rule, as_of).Make();
  const absl::Status undone = engine.Execute("ROLLBACK");
  if (bias.ok() && !undone.ok()) return undone;
  return bias;
}

std::vector<Figure> FiguresOf(const Bias& bias) {
  std::vector<Figure> figures;
  if (bias.groups.size() < 2) {
    for (const char* id : {"B1", "B2", "B3", "B4", "B5", "B6", "B7"})
      figures.push_back(MissingFigure(id, "persons of one group only"));
    return figures;
  }
  using F = GroupFigures;
  const auto add = [&](const char* id, bool ratio, double F::*part, double F::*whole) {
    const Range range = RangeOf(bias, part, whole);
    const bool told = range.n > 0 && (!ratio || range.high > 0);
    Figure figure =
        told ? ValueFigure(id, ratio ? range.low / range.high : range.high - range.low, range.n)
             : MissingFigure(id, "no rows");
    if (told) figure.detail = range.detail;
    figures.push_back(std::move(figure));
  };
  add("B1", true, &F::n_conditions, &F::n_persons);
  add("B2", false, &F::n_without_condition, &F::n_persons);
  add("B3", true, &F::n_conditions, &F::n_days);
  add("B4", false, &F::n_deaths, &F::n_persons);
  add("B5", true, &F::n_complete, &F::n_persons);
  add("B6", false, &F::n_without_value, &F::n_measurements);
  double n = 0;
  for (const F& group : bias.groups) n += group.n_persons;
  figures.push_back(bias.proxy_concept.empty() ? MissingFigure("B7", "no rows")
                                               : ValueFigure("B7", bias.proxy_strength, n));
  figures.back().detail = bias.proxy_concept;
  return figures;
}

}  // namespace essaim
