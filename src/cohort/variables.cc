#include "cohort/variables.h"

#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/charlson.h"
#include "cohort/circe.h"
#include "cohort/concept_sets.h"
#include "cohort/criteria_sql.h"
#include "cohort/opt_out_sql.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;
using Kind = PersonVariable::Kind;
using Summary = PersonVariable::Summary;

std::string Real(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return StrCat("CAST(", std::string(buffer, end), " AS DOUBLE PRECISION)");
}

class VariablesSql {
 public:
  VariablesSql(const SqlContext& context, const VariableRequest& request, int charlson_set)
      : context_(context), request_(request), charlson_set_(charlson_set), criteria_(context) {}

  PreparedVariables Make();

 private:
  void Add(const PersonVariable& variable);
  void AddEvents(const PersonVariable& variable);
  void AddMeasurement(const PersonVariable& variable);
  void AddCharlson(const PersonVariable& variable);
  void AddOutcome(const PersonVariable& variable);
  std::string Index() const;
  std::string Events(const PersonVariable& variable);
  std::string Within(const PersonVariable& variable, std::string_view date) const;
  std::string Converted(const PersonVariable& variable) const;

  void Column(const std::string& name, const std::string& expression) {
    columns_.push_back(name);
    StrAppend(&select_, ", ", expression, " AS ", name);
  }

  // Joins a query of one row a person; its alias.
  std::string Join(const std::string& query) {
    const std::string alias = StrCat("v", ++n_joins_);
    StrAppend(&joins_, " LEFT JOIN (", query, ") ", alias, " ON ", alias,
              ".person_id = i.person_id");
    return alias;
  }

  const SqlContext& context_;
  const VariableRequest& request_;
  int charlson_set_;  // the number of the first category's set
  CriteriaSql criteria_;
  std::string index_, select_, joins_;
  std::vector<std::string> columns_;
  int n_joins_ = 0;
};

// The first row of each person, with the observation period that it starts in and the death.
std::string VariablesSql::Index() const {
  return StrCat(
      "SELECT c.person_id, c.index_date, MAX(op.observation_period_end_date) AS op_end, "
      "MIN(d.death_date) AS death_date FROM (SELECT subject_id AS person_id, "
      "MIN(cohort_start_date) AS index_date FROM ",
      request_.cohort_table, " WHERE cohort_definition_id = ", request_.cohort_id,
      " GROUP BY subject_id) c LEFT JOIN ", Av(kOptOutTable),
      " o ON o.person_id = c.person_id LEFT JOIN observation_period op ON op.person_id = "
      "c.person_id AND op.observation_period_start_date <= c.index_date AND "
      "op.observation_period_end_date >= c.index_date LEFT JOIN death d ON d.person_id = "
      "c.person_id WHERE o.person_id IS NULL GROUP BY c.person_id, c.index_date");
}

std::string VariablesSql::Within(const PersonVariable& variable, std::string_view date) const {
  std::string text;
  if (variable.window.from.has_value()) {
    StrAppend(&text, " AND ", Av(date),
              " >= ", criteria_.AddDays("i.index_date", *variable.window.from));
  }
  if (variable.window.to.has_value()) {
    StrAppend(&text, " AND ", Av(date),
              " <= ", criteria_.AddDays("i.index_date", *variable.window.to));
  }
  return text;
}

std::string VariablesSql::Events(const PersonVariable& variable) {
  Criterion criterion;
  criterion.domain = variable.domain;
  criterion.concept_set = variable.concept_set;
  return criteria_.Criterion(criterion);
}

void VariablesSql::AddEvents(const PersonVariable& variable) {
  const std::string alias = Join(StrCat(
      "SELECT i.person_id, COUNT(*) AS n, MIN(e.start_date) AS first_date, MAX(e.start_date) AS "
      "last_date FROM ",
      index_, " i JOIN (", Events(variable), ") e ON e.person_id = i.person_id",
      Within(variable, "e.start_date"), " GROUP BY i.person_id"));
  switch (variable.kind) {
    case Kind::kAny:
      return Column(variable.name, StrCat("CASE WHEN ", alias, ".n > 0 THEN 1 ELSE 0 END"));
    case Kind::kCount:
      return Column(variable.name, StrCat("COALESCE(", alias, ".n, 0)"));
    case Kind::kFirstDate:
      return Column(variable.name, alias + ".first_date");
    case Kind::kLastDate:
      return Column(variable.name, alias + ".last_date");
    default:
      return Column(variable.name,
                    context_.dialect->DaysBetween(alias + ".last_date", "i.index_date"));
  }
}

std::string VariablesSql::Converted(const PersonVariable& variable) const {
  if (variable.units.empty()) return "m.value_as_number";
  std::string text = "CASE COALESCE(m.unit_concept_id, 0)";
  for (const UnitConversion& unit : variable.units) {
    StrAppend(&text, " WHEN ", unit.unit_concept_id, " THEN m.value_as_number * ",
              Real(unit.factor), " + ", Real(unit.shift));
  }
  return text + " END";
}

void VariablesSql::AddMeasurement(const PersonVariable& variable) {
  std::string range;
  if (variable.low.has_value()) StrAppend(&range, " AND x.value >= ", Real(*variable.low));
  if (variable.high.has_value()) StrAppend(&range, " AND x.value <= ", Real(*variable.high));
  const std::string values =
      StrCat("SELECT x.* FROM (SELECT i.person_id, m.measurement_date, m.measurement_id, ",
             Converted(variable), " AS value FROM ", index_,
             " i JOIN measurement m ON m.person_id = i.person_id JOIN ", Av(kConceptTable),
             " s ON s.concept_id = m.measurement_concept_id AND s.set_id = ",
             context_.sets.at(*variable.concept_set), " WHERE TRUE",
             Within(variable, "m.measurement_date"), ") x WHERE x.value IS NOT NULL", range);
  if (variable.summary == Summary::kFirst || variable.summary == Summary::kLast) {
    const char* way = variable.summary == Summary::kLast ? " DESC" : "";
    const std::string alias = Join(StrCat(
        "SELECT person_id, value FROM (SELECT y.*, row_number() OVER (PARTITION BY y.person_id "
        "ORDER BY y.measurement_date",
        way, ", y.measurement_id", way, ") AS place FROM (", values, ") y) z WHERE place = 1"));
    return Column(variable.name, alias + ".value");
  }
  const char* aggregate = variable.summary == Summary::kMean  ? "AVG"
                          : variable.summary == Summary::kMin ? "MIN"
                                                              : "MAX";
  const std::string alias =
      Join(StrCat("SELECT y.person_id, ", aggregate, "(y.value) AS value FROM (", values,
                  ") y GROUP BY y.person_id"));
  Column(variable.name, alias + ".value");
}

void VariablesSql::AddCharlson(const PersonVariable& variable) {
  const auto categories = CharlsonCategories();
  std::vector<std::string> flags, terms;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    flags.push_back(StrCat("MAX(CASE WHEN s.set_id = ", charlson_set_ + static_cast<int>(i),
                           " THEN 1 ELSE 0 END) AS c", i));
    const int graver = categories[i].graver;
    terms.push_back(StrCat(categories[i].weight, " * c", i,
                           graver < 0 ? "" : StrCat(" * (1 - c", graver, ")")));
  }
  const std::string alias = Join(StrCat(
      "SELECT person_id, ", absl::StrJoin(terms, " + "), " AS score FROM (SELECT i.person_id, ",
      absl::StrJoin(flags, ", "), " FROM ", index_,
      " i JOIN condition_occurrence co ON co.person_id = i.person_id",
      Within(variable, "co.condition_start_date"), " JOIN ", Av(kConceptTable),
      " s ON s.concept_id = co.condition_concept_id AND s.set_id BETWEEN ", charlson_set_, " AND ",
      charlson_set_ + static_cast<int>(categories.size()) - 1, " GROUP BY i.person_id) f"));
  Column(variable.name, StrCat("COALESCE(", alias, ".score, 0)"));
}

void VariablesSql::AddOutcome(const PersonVariable& variable) {
  PersonVariable since = variable;
  since.window = {variable.window.from.value_or(0), std::nullopt};
  const std::string alias =
      Join(StrCat("SELECT i.person_id, MIN(e.start_date) AS event_date FROM ", index_, " i JOIN (",
                  Events(variable), ") e ON e.person_id = i.person_id",
                  Within(since, "e.start_date"), " GROUP BY i.person_id"));
  // The earliest of what ends the follow-up; NULLs are no ends.
  std::string end = "i.op_end";
  end = StrCat("CASE WHEN i.death_date < ", end, " THEN i.death_date ELSE ", end, " END");
  if (variable.horizon_days.has_value()) {
    const std::string horizon = criteria_.AddDays("i.index_date", *variable.horizon_days);
    end = StrCat("CASE WHEN ", horizon, " < ", end, " THEN ", horizon, " ELSE ", end, " END");
  }
  const std::string happened = StrCat(alias, ".event_date <= ", end);
  Column(variable.name + "_event", StrCat("CASE WHEN ", happened, " THEN 1 ELSE 0 END"));
  Column(
      variable.name + "_days",
      context_.dialect->DaysBetween("i.index_date", StrCat("(CASE WHEN ", happened, " THEN ", alias,
                                                           ".event_date ELSE ", end, " END)")));
}

void VariablesSql::Add(const PersonVariable& variable) {
  switch (variable.kind) {
    case Kind::kAge:
      // Whole years where the day of birth is known, else the difference of the years.
      return Column(
          variable.name,
          "CAST(EXTRACT(YEAR FROM i.index_date) - p.year_of_birth - CASE WHEN p.month_of_birth IS "
          "NOT NULL AND p.day_of_birth IS NOT NULL AND EXTRACT(MONTH FROM i.index_date) * 100 + "
          "EXTRACT(DAY FROM i.index_date) < p.month_of_birth * 100 + p.day_of_birth THEN 1 ELSE 0 "
          "END AS INTEGER)");
    case Kind::kSex:
      return Column(variable.name, "p.gender_concept_id");
    case Kind::kMeasurement:
      return AddMeasurement(variable);
    case Kind::kCharlson:
      return AddCharlson(variable);
    case Kind::kOutcome:
      return AddOutcome(variable);
    default:
      return AddEvents(variable);
  }
}

PreparedVariables VariablesSql::Make() {
  index_ = criteria_.Define(Index());
  for (const PersonVariable& variable : request_.variables) Add(variable);
  return {
      StrCat(criteria_.With(), "SELECT i.person_id, i.index_date", select_, " FROM ", index_,
             " i LEFT JOIN person p ON p.person_id = i.person_id", joins_, " ORDER BY i.person_id"),
      columns_,
      {}};
}

absl::Status CheckVariable(const PersonVariable& variable, const std::set<int>& sets) {
  const auto wrong = [&](std::string_view what) {
    return absl::InvalidArgumentError(StrCat(variable.name, ": ", Av(what)));
  };
  const bool named = IsTableName(variable.name) && variable.name.find('.') == std::string::npos &&
                     variable.name.size() <= 48;
  if (!named) return wrong("expected a name of letters, digits and _, at most 48");
  if (variable.name == "person_id" || variable.name == "index_date") {
    return wrong("the name is taken");
  }
  if (variable.kind == Kind::kMeasurement && !variable.concept_set.has_value()) {
    return wrong("a measurement needs a concept set");
  }
  const bool of_events = variable.kind != Kind::kAge && variable.kind != Kind::kSex &&
                         variable.kind != Kind::kCharlson;
  if (of_events && variable.concept_set.has_value() && !sets.contains(*variable.concept_set)) {
    return wrong(StrCat("there is no concept set ", *variable.concept_set));
  }
  for (const auto& end : {variable.window.from, variable.window.to, variable.horizon_days}) {
    if (end.has_value() && std::abs(*end) > kDaysMax) return wrong("too many days");
  }
  const auto& [from, to] = variable.window;
  if (from.has_value() && to.has_value() && *from > *to) {
    return wrong("the window ends before it starts");
  }
  if (variable.low.has_value() && variable.high.has_value() && *variable.low > *variable.high) {
    return wrong("the plausible range ends before it starts");
  }
  std::set<std::int64_t> units;
  for (const UnitConversion& unit : variable.units) {
    if (!std::isfinite(unit.factor) || !std::isfinite(unit.shift) || unit.factor == 0) {
      return wrong("expected a conversion by a finite factor other than 0");
    }
    if (!units.insert(unit.unit_concept_id).second) return wrong("a unit twice");
  }
  return absl::OkStatus();
}

absl::Status Check(const VariableRequest& request) {
  if (!IsTableName(request.cohort_table)) {
    return absl::InvalidArgumentError("cohort_table: no table's name");
  }
  ESSAIM_RETURN_IF_ERROR(CheckOptOut(request.opt_out));
  std::set<int> sets;
  for (const ConceptSet& set : request.concept_sets) {
    if (!sets.insert(set.id).second) {
      return absl::InvalidArgumentError(StrCat("two concept sets have the id ", set.id));
    }
  }
  std::set<std::string> names;
  for (const PersonVariable& variable : request.variables) {
    ESSAIM_RETURN_IF_ERROR(CheckVariable(variable, sets));
    const bool outcome = variable.kind == Kind::kOutcome;
    for (const char* end : {"_event", "_days"}) {
      if (names.insert(variable.name + (outcome ? end : "")).second) {
        if (!outcome) break;
        continue;
      }
      return absl::InvalidArgumentError(StrCat(variable.name, ": a second column of this name"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedVariables> PrepareVariables(SqlEngine& engine,
                                                   const VariableRequest& request) {
  ESSAIM_RETURN_IF_ERROR(Check(request));
  ConceptSets sets;
  SqlContext context;
  context.dialect = &engine.dialect();
  int charlson_set = -1;
  for (const PersonVariable& variable : request.variables) {
    if (variable.kind != Kind::kCharlson || charlson_set >= 0) continue;
    // First of all, so that their numbers follow one another.
    for (const CharlsonCategory& category : CharlsonCategories()) {
      ConceptSet set;
      for (const std::int64_t id : category.ancestors)
        set.items.push_back({id, false, true, false});
      const int number = sets.Add(set);
      if (charlson_set < 0) charlson_set = number;
    }
  }
  for (const ConceptSet& set : request.concept_sets) context.sets[set.id] = sets.Add(set);
  ESSAIM_RETURN_IF_ERROR(DropVariableTables(engine));
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> notices, sets.Expand(engine));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(CreateOptOutTable(request.opt_out)));
  PreparedVariables prepared = VariablesSql(context, request, charlson_set).Make();
  prepared.notices = std::move(notices);
  return prepared;
}

absl::Status DropVariableTables(SqlEngine& engine) {
  for (const std::string_view table : {kConceptTable, kOptOutTable}) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("DROP TABLE IF EXISTS ", Av(table))));
  }
  return absl::OkStatus();
}

}  // namespace essaim::cohort
