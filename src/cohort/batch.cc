#include "cohort/batch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/attrition.h"
#include "cohort/opt_out_sql.h"
#include "warehouse/sql_values.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

constexpr char kParameters[] = "essaim_cohort_parameters";
constexpr char kRows[] = "essaim_cohort_rows";

// A domain's rows may be in so many sets that a copy for each would be larger than it is worth.
constexpr std::int64_t kCopiesMax = 8, kSmallScan = 1'000'000;

std::string DateOrNull(const std::string& date) {
  return date.empty() ? "CAST(NULL AS DATE)" : StrCat("DATE '", date, "'");
}

const char* KeepOf(Limit limit) {
  return limit == Limit::kAll ? "'all'" : limit == Limit::kFirst ? "'first'" : "'last'";
}

}  // namespace

absl::Status Batch::NumberConceptSets() {
  for (const NumberedDefinition& numbered : definitions_) {
    std::map<int, int>& numbers = numbers_.emplace_back();
    for (const ConceptSet& set : numbered.definition.concept_sets) {
      numbers[set.id] = sets_.Add(set);
    }
  }
  ESSAIM_ASSIGN_OR_RETURN(report_.notices, sets_.Expand(engine_));
  for (const NumberedDefinition& numbered : definitions_) {
    for (const std::string& note : numbered.definition.notes)
      report_.notices.push_back(StrCat("cohort ", numbered.id, ": ", note));
  }
  return absl::OkStatus();
}

absl::Status Batch::Scan(const ScanKey& key, const std::set<int>& sets) {
  const DomainInfo& info = InfoOf(key.domain);
  const std::string column(key.by_source ? info.source_column : info.concept_column);
  const std::string from =
      StrCat(" FROM ", Av(info.table), " d JOIN ", Av(kConceptTable), " cs ON d.", column,
             " = cs.concept_id WHERE cs.set_id IN (", absl::StrJoin(sets, ","), ")");
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows counts, engine_.Query(StrCat("SELECT cs.set_id, COUNT(*)",
                                                                     from, " GROUP BY cs.set_id")));
  std::int64_t total = 0;
  std::set<int>& filled = filled_[key];
  for (const auto& row : counts.rows) {
    filled.insert(static_cast<int>(WholeOf(row[0])));
    total += WholeOf(row[1]);
  }
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows size,
                          engine_.Query(StrCat("SELECT COUNT(*) FROM ", Av(info.table))));
  // For one cohort the plain join is as good; for many, one copy by set serves them all.
  if (definitions_.size() < 4) return absl::OkStatus();
  if (total > kSmallScan && total > kCopiesMax * WholeOf(size.rows.at(0).at(0))) {
    return absl::OkStatus();
  }
  const std::string name = StrCat("essaim_cohort_scan_", Av(info.table), key.by_source ? "_s" : "");
  std::string columns;
  for (const std::string& name_of : ColumnsOf(info)) StrAppend(&columns, ", d.", name_of);
  ESSAIM_RETURN_IF_ERROR(engine_.Execute(StrCat("DROP TABLE IF EXISTS ", name)));
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute(StrCat("CREATE TEMPORARY TABLE ", name, " AS SELECT cs.set_id", columns, from,
                             " ORDER BY cs.set_id")));
  ESSAIM_RETURN_IF_ERROR(Analyze(engine_, name));
  scans_[key] = name;
  if (total <= kSmallScan) small_scans_.insert(key);
  return absl::OkStatus();
}

absl::Status Batch::ScanDomains() {
  std::map<ScanKey, std::set<int>> wanted;
  for (std::size_t i = 0; i < definitions_.size(); ++i) {
    ForEachCriterion(definitions_[i].definition, [&](const Criterion& criterion) {
      const auto& numbers = numbers_[i];
      if (criterion.concept_set.has_value()) {
        wanted[{criterion.domain, false}].insert(numbers.at(*criterion.concept_set));
      } else if (criterion.source_concept_set.has_value()) {
        wanted[{criterion.domain, true}].insert(numbers.at(*criterion.source_concept_set));
      }
    });
  }
  for (const auto& [key, sets] : wanted) ESSAIM_RETURN_IF_ERROR(Scan(key, sets));
  return absl::OkStatus();
}

SqlContext Batch::ContextOf(std::size_t i) const {
  return {&engine_.dialect(), numbers_[i], scans_};
}

absl::Status Batch::MakeWorkTables() {
  const std::string create = "CREATE TEMPORARY TABLE ";
  for (const std::string& statement :
       {StrCat(create, Av(kEntryTable),
               " (cohort_id INTEGER, event_id BIGINT, person_id BIGINT, start_date DATE, end_date "
               "DATE, op_start_date DATE, op_end_date DATE, visit_occurrence_id BIGINT)"),
        StrCat(create, Av(kEventTable),
               " (cohort_id INTEGER, person_id BIGINT, event_id BIGINT, start_date DATE, end_date "
               "DATE, op_end_date DATE, passed INTEGER)"),
        StrCat(create, Av(kIncludedTable),
               " (cohort_id INTEGER, person_id BIGINT, event_id BIGINT, start_date DATE, end_date "
               "DATE, op_end_date DATE)"),
        StrCat(create, Av(kEndTable),
               " (cohort_id INTEGER, person_id BIGINT, event_id BIGINT, end_date DATE)"),
        StrCat(create, kRows,
               " (cohort_id INTEGER, person_id BIGINT, start_date DATE, end_date DATE)"),
        StrCat(create, kParameters,
               " (cohort_id INTEGER, rules INTEGER, keep VARCHAR(8), offset_from VARCHAR(8), "
               "offset_days INTEGER, era_gap INTEGER, censor_start DATE, censor_end DATE)")}) {
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(statement));
  }
  return absl::OkStatus();
}

absl::Status Batch::FillParameters(Part part) {
  std::string values;
  for (const std::size_t i : part) {
    const Definition& definition = definitions_[i].definition;
    const auto* offset = std::get_if<DateOffset>(&definition.exit);
    StrAppend(&values, values.empty() ? "(" : ",(", definitions_[i].id, ",",
              definition.rules.size(), ",", KeepOf(definition.limit), ",",
              offset == nullptr  ? "'none'"
              : offset->from_end ? "'end'"
                                 : "'start'",
              ",", offset == nullptr ? 0 : offset->days, ",", definition.era_gap, ",",
              DateOrNull(definition.censor_start), ",", DateOrNull(definition.censor_end), ")");
  }
  return engine_.Execute(StrCat("INSERT INTO ", kParameters, " VALUES ", values));
}

// Whether any row has the criterion's concepts.
bool Batch::MayHaveRows(std::size_t i, const Criterion& criterion) const {
  const bool by_source = !criterion.concept_set.has_value();
  const std::optional<int> set = by_source ? criterion.source_concept_set : criterion.concept_set;
  if (!set.has_value()) return true;
  const auto found = filled_.find({criterion.domain, by_source});
  return found != filled_.end() && found->second.contains(numbers_[i].at(*set));
}

std::optional<CohortEntry> Batch::SharedEntry(std::size_t i, const Definition& definition) const {
  CohortEntry entry{.cohort_id = definitions_[i].id,
                    .days_before = definition.days_before,
                    .days_after = definition.days_after,
                    .limit = definition.entry_limit,
                    .criteria = {}};
  for (const Criterion& criterion : definition.entry) {
    const bool by_source = !criterion.concept_set.has_value();
    const ScanKey scan{criterion.domain, by_source};
    if (!IsShareable(criterion) || !small_scans_.contains(scan)) return std::nullopt;
    const int set = by_source ? *criterion.source_concept_set : *criterion.concept_set;
    entry.criteria.push_back({scan, numbers_[i].at(set), criterion.first});
  }
  return entry;
}

absl::Status Batch::ShareEntries(const std::vector<CohortEntry>& cohorts, bool with_rules) {
  if (cohorts.empty()) return absl::OkStatus();
  const std::string entries = EntriesSql(cohorts, engine_.dialect(), scans_);
  if (with_rules) return engine_.Execute(StrCat("INSERT INTO ", Av(kEntryTable), "\n", entries));
  return engine_.Execute(StrCat("INSERT INTO ", Av(kEventTable),
                                " SELECT cohort_id, person_id, event_id, start_date, end_date, "
                                "op_end_date, 0 AS passed FROM (",
                                entries, ") e"));
}

absl::Status Batch::FillEvents(Part part) {
  std::vector<CohortEntry> plain, ruled;
  std::vector<std::size_t> with_rules;
  for (const std::size_t i : part) {
    // Entry criteria whose concepts no row has give nothing: they are not asked for.
    Definition definition = definitions_[i].definition;
    std::erase_if(definition.entry,
                  [&](const Criterion& criterion) { return !MayHaveRows(i, criterion); });
    if (std::optional<CohortEntry> entry = SharedEntry(i, definition); entry.has_value()) {
      const bool is_plain = definition.rules.empty() && !definition.additional.has_value();
      (is_plain ? plain : ruled).push_back(*std::move(entry));
      if (!is_plain) with_rules.push_back(i);
      continue;
    }
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute(EventsSql(definition, definitions_[i].id, ContextOf(i))));
  }
  ESSAIM_RETURN_IF_ERROR(ShareEntries(plain, false));
  ESSAIM_RETURN_IF_ERROR(ShareEntries(ruled, true));
  for (const std::size_t i : with_rules) {
    const int id = definitions_[i].id;
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        EventsSql(definitions_[i].definition, id, ContextOf(i),
                  StrCat("SELECT event_id, person_id, start_date, end_date, op_start_date, "
                         "op_end_date, visit_occurrence_id FROM ",
                         Av(kEntryTable), " WHERE cohort_id = ", id))));
  }
  return absl::OkStatus();
}

absl::Status Batch::FillRows(Part part) {
  const SqlDialect& dialect = engine_.dialect();
  const auto limited = [](const char* keep, const char* order) {
    return StrCat(
        "SELECT cohort_id, person_id, event_id, start_date, end_date, op_end_date FROM "
        "(SELECT e.*, row_number() OVER (PARTITION BY e.cohort_id, e.person_id ORDER BY "
        "e.start_date ",
        order, ", e.event_id) AS ordinal FROM ", Av(kEventTable), " e JOIN ", kParameters,
        " p ON p.cohort_id = e.cohort_id AND p.keep = ", keep,
        " AND e.passed = p.rules) L WHERE ordinal = 1");
  };
  ESSAIM_RETURN_IF_ERROR(engine_.Execute(
      StrCat("INSERT INTO ", Av(kIncludedTable),
             " SELECT e.cohort_id, e.person_id, e.event_id, "
             "e.start_date, e.end_date, e.op_end_date FROM ",
             Av(kEventTable), " e JOIN ", kParameters,
             " p ON p.cohort_id = e.cohort_id AND p.keep = 'all' AND e.passed = p.rules UNION ALL ",
             limited("'first'", "ASC"), " UNION ALL ", limited("'last'", "DESC"))));

  const std::string offset_end = dialect.AddDays(
      "CASE WHEN p.offset_from = 'end' THEN i.end_date ELSE i.start_date END", "p.offset_days");
  ESSAIM_RETURN_IF_ERROR(engine_.Execute(
      StrCat("INSERT INTO ", Av(kEndTable),
             " SELECT i.cohort_id, i.person_id, i.event_id, CASE WHEN "
             "p.offset_from = 'none' OR ",
             offset_end, " > i.op_end_date THEN i.op_end_date ELSE ", offset_end, " END FROM ",
             Av(kIncludedTable), " i JOIN ", kParameters, " p ON p.cohort_id = i.cohort_id")));
  for (const std::size_t i : part) {
    for (const std::string& sql :
         EndsSql(definitions_[i].definition, definitions_[i].id, ContextOf(i))) {
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(sql));
    }
  }
  ESSAIM_RETURN_IF_ERROR(engine_.Execute(StrCat(
      "INSERT INTO ", kRows,
      " SELECT i.cohort_id, i.person_id, i.start_date, MIN(c.end_date) FROM ", Av(kIncludedTable),
      " i JOIN ", Av(kEndTable),
      " c ON c.cohort_id = i.cohort_id AND "
      "c.person_id = i.person_id AND c.event_id = i.event_id AND c.end_date >= i.start_date GROUP "
      "BY i.cohort_id, i.person_id, i.event_id, i.start_date")));

  const std::string eras = StrCat(
      "SELECT cohort_id, person_id, MIN(start_date) AS start_date, MAX(end_date) AS end_date FROM "
      "(SELECT cohort_id, person_id, start_date, end_date, SUM(is_start) OVER (PARTITION BY "
      "cohort_id, person_id ORDER BY start_date, is_start DESC ROWS UNBOUNDED PRECEDING) AS island "
      "FROM (SELECT cohort_id, person_id, start_date, end_date, CASE WHEN MAX(end_date) OVER "
      "(PARTITION BY cohort_id, person_id ORDER BY start_date ROWS BETWEEN UNBOUNDED PRECEDING AND "
      "1 PRECEDING) >= start_date THEN 0 ELSE 1 END AS is_start FROM (SELECT r.cohort_id, "
      "r.person_id, r.start_date, ",
      dialect.AddDays("r.end_date", "p.era_gap"), " AS end_date FROM ", kRows, " r JOIN ",
      kParameters,
      " p ON p.cohort_id = r.cohort_id) CR) ST) GR GROUP BY cohort_id, person_id, island");
  return engine_.Execute(StrCat(
      "INSERT INTO ", options_.target,
      " (cohort_definition_id, subject_id, cohort_start_date, "
      "cohort_end_date) SELECT cohort_id, person_id, start_date, end_date FROM (SELECT "
      "f.cohort_id, "
      "f.person_id, CASE WHEN p.censor_start > f.start_date THEN p.censor_start ELSE f.start_date "
      "END AS start_date, CASE WHEN p.censor_end < f.end_date THEN p.censor_end ELSE f.end_date "
      "END "
      "AS end_date FROM (SELECT e.cohort_id, e.person_id, e.start_date, ",
      dialect.AddDays("e.end_date", "-q.era_gap"), " AS end_date FROM (", eras, ") e JOIN ",
      kParameters, " q ON q.cohort_id = e.cohort_id) f JOIN ", kParameters,
      " p ON p.cohort_id = f.cohort_id) w WHERE start_date <= end_date"));
}

absl::Status Batch::ReadCounts() {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows best,
      engine_.Query(StrCat("SELECT cohort_id, best, COUNT(*) FROM (SELECT cohort_id, person_id, "
                           "MAX(passed) AS best FROM ",
                           Av(kEventTable),
                           " GROUP BY cohort_id, person_id) b GROUP BY cohort_id, best")));
  for (const auto& row : best.rows) {
    const std::size_t i = index_of_.at(static_cast<int>(WholeOf(row[0])));
    std::vector<AttritionStep>& steps = report_.cohorts[i].attrition;
    // A person who passed k rules is left after each of the first k.
    const bool additional = definitions_[i].definition.additional.has_value();
    const std::int64_t last = WholeOf(row[1]) + (additional ? 1 : 0);
    for (std::int64_t step = 0; step <= last; ++step) {
      steps[static_cast<std::size_t>(step)].persons += WholeOf(row[2]);
    }
  }
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(
          StrCat("SELECT cohort_definition_id, COUNT(*), COUNT(DISTINCT subject_id) FROM ",
                 options_.target, " WHERE cohort_definition_id IN (SELECT cohort_id FROM ",
                 kParameters, ") GROUP BY cohort_definition_id")));
  for (const auto& row : rows.rows) {
    CohortResult& cohort = report_.cohorts[index_of_.at(static_cast<int>(WholeOf(row[0])))];
    cohort.rows = WholeOf(row[1]);
    cohort.persons = WholeOf(row[2]);
    cohort.attrition.back().persons = cohort.persons;
  }
  return absl::OkStatus();
}

absl::Status Batch::RemoveOldRows() {
  std::vector<int> ids;
  for (const NumberedDefinition& numbered : definitions_) ids.push_back(numbered.id);
  if (ids.empty()) return absl::OkStatus();
  return engine_.Execute(StrCat("DELETE FROM ", options_.target, " WHERE cohort_definition_id IN (",
                                absl::StrJoin(ids, ","), ")"));
}

absl::Status Batch::RunSome(Part part) {
  for (const std::string_view table : {kEntryTable, kEventTable, kIncludedTable, kEndTable,
                                       std::string_view(kRows), std::string_view(kParameters)}) {
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(StrCat("DELETE FROM ", Av(table))));
  }
  ESSAIM_RETURN_IF_ERROR(FillParameters(part));
  ESSAIM_RETURN_IF_ERROR(FillEvents(part));
  ESSAIM_RETURN_IF_ERROR(FillRows(part));
  return ReadCounts();
}

absl::StatusOr<RunReport> Batch::Run() {
  for (std::size_t i = 0; i < definitions_.size(); ++i) {
    index_of_[definitions_[i].id] = i;
    CohortResult& cohort = report_.cohorts.emplace_back();
    cohort.id = definitions_[i].id;
    cohort.hash = DefinitionHash(definitions_[i].definition);
    for (std::string& name : StepNames(definitions_[i].definition)) {
      cohort.attrition.push_back({std::move(name), 0});
    }
  }
  ESSAIM_RETURN_IF_ERROR(NumberConceptSets());
  ESSAIM_RETURN_IF_ERROR(engine_.Execute(CreateOptOutTable(options_.opt_out)));
  ESSAIM_RETURN_IF_ERROR(ScanDomains());
  ESSAIM_RETURN_IF_ERROR(MakeWorkTables());
  ESSAIM_RETURN_IF_ERROR(RemoveOldRows());
  std::vector<std::size_t> asked;  // the others have no entry event
  for (std::size_t i = 0; i < definitions_.size(); ++i) {
    const std::vector<Criterion>& entry = definitions_[i].definition.entry;
    if (std::any_of(entry.begin(), entry.end(),
                    [&](const Criterion& criterion) { return MayHaveRows(i, criterion); }))
      asked.push_back(i);
  }
  const auto at_once = static_cast<std::size_t>(options_.cohorts_at_once);
  for (std::size_t begin = 0; begin < asked.size(); begin += at_once) {
    ESSAIM_RETURN_IF_ERROR(
        RunSome(Part(asked).subspan(begin, std::min(at_once, asked.size() - begin))));
  }
  return std::move(report_);
}

absl::Status Batch::DropTables() {
  std::vector<std::string> tables = {std::string(kConceptTable),
                                     std::string(kOptOutTable),
                                     std::string(kEntryTable),
                                     std::string(kEventTable),
                                     std::string(kIncludedTable),
                                     std::string(kEndTable),
                                     kRows,
                                     kParameters};
  for (const auto& [key, table] : scans_) tables.push_back(table);
  for (const std::string& table : tables) {
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(StrCat("DROP TABLE IF EXISTS ", table)));
  }
  return absl::OkStatus();
}

}  // namespace essaim::cohort
