#include "cohort/variables_sql.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "cohort/charlson.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;
using Kind = PersonVariable::Kind;
using Summary = PersonVariable::Summary;

constexpr char kFirst[] = "MIN(CASE WHEN @in THEN e.day END)";
constexpr char kLast[] = "MAX(CASE WHEN @in THEN e.day END)";

std::string Real(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return StrCat("CAST(", std::string(buffer, end), " AS DOUBLE PRECISION)");
}

}  // namespace

VariablesSql::VariablesSql(const SqlContext& context, const VariableRequest& request,
                           const SiteFacts& facts)
    : context_(context),
      request_(request),
      facts_(facts),
      criteria_(context),
      index_(criteria_.Define(Index())),
      events_(context, criteria_, index_) {}

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

void VariablesSql::Column(const std::string& name, const std::string& expression) {
  columns_.push_back(name);
  StrAppend(&select_, ", ", expression, " AS ", name);
}

std::string VariablesSql::Join(const std::string& query) {
  const std::string alias = StrCat("v", ++n_joins_);
  StrAppend(&joins_, " LEFT JOIN (", query, ") ", alias, " ON ", alias, ".person_id = i.person_id");
  return alias;
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

void VariablesSql::AddEvents(const PersonVariable& variable) {
  const auto counted = [&](std::string_view aggregate) {
    Column(variable.name, StrCat("COALESCE(", Events(variable, aggregate), ", 0)"));
  };
  switch (variable.kind) {
    case Kind::kAny:
      return Column(variable.name,
                    StrCat("CASE WHEN ", Events(variable, "COUNT(CASE WHEN @in THEN 1 END)"),
                           " > 0 THEN 1 ELSE 0 END"));
    case Kind::kCount:
      return counted("COUNT(CASE WHEN @in THEN 1 END)");
    case Kind::kDistinct:
      return counted("COUNT(DISTINCT CASE WHEN @in THEN e.concept_id END)");
    case Kind::kDays:
      return counted("COUNT(DISTINCT CASE WHEN @in THEN e.day END)");
    case Kind::kStay:
      return counted("SUM(CASE WHEN @in THEN e.length END)");
    case Kind::kSites:
      return counted("COUNT(DISTINCT CASE WHEN @in THEN e.site END)");
    case Kind::kSpecialties:
      return counted("COUNT(DISTINCT CASE WHEN @in THEN e.specialty END)");
    case Kind::kFirstDate:
    case Kind::kLastDate: {
      const std::string day = Events(variable, variable.kind == Kind::kFirstDate ? kFirst : kLast);
      return Column(variable.name, context_.dialect->AddDays("i.index_date", day));
    }
    case Kind::kFirstDay:
      return Column(variable.name, Events(variable, kFirst));
    case Kind::kLastDay:
      return Column(variable.name, Events(variable, kLast));
    case Kind::kDaysSince:
      return Column(variable.name, StrCat("-", Events(variable, kLast)));
    default:
      break;
  }
  const std::string first = Events(variable, kFirst);
  const std::string then =
      events_.Column(variable.then_domain, variable.then_concept_set, variable.window, kFirst);
  if (variable.kind == Kind::kBetween) return Column(variable.name, StrCat(then, " - ", first));
  Column(variable.name, StrCat("CASE WHEN ", first, " < ", then, " THEN 1 ELSE 0 END"));
}

std::string PlausibleValue(const PersonVariable& variable, const std::string& converted) {
  std::string range;
  if (variable.low.has_value()) range = StrCat("(", converted, ") >= ", Real(*variable.low));
  if (variable.high.has_value()) {
    StrAppend(&range, range.empty() ? "(" : " AND (", converted, ") <= ", Real(*variable.high));
  }
  return range.empty() ? converted : StrCat("CASE WHEN ", range, " THEN ", converted, " END");
}

void VariablesSql::AddMeasurement(const PersonVariable& variable) {
  constexpr char kValues[] = "CASE WHEN @in THEN @value END";
  std::string aggregate;
  switch (variable.summary) {
    case Summary::kLast:
    case Summary::kFirst:
      aggregate = context_.dialect->ValueAtEnd("@value", "e.day", "e.event_id", "@in",
                                               variable.summary == Summary::kLast);
      break;
    case Summary::kMean:
      aggregate = StrCat("AVG(", kValues, ")");
      break;
    case Summary::kMedian:
      aggregate = StrCat("percentile_cont(0.5) WITHIN GROUP (ORDER BY ", kValues, ")");
      break;
    case Summary::kMin:
      aggregate = StrCat("MIN(", kValues, ")");
      break;
    case Summary::kMax:
      aggregate = StrCat("MAX(", kValues, ")");
      break;
  }
  Column(variable.name,
         events_.ValueColumn(*variable.concept_set, variable.window,
                             PlausibleValue(variable, facts_.values.at(variable.name)), aggregate));
}

void VariablesSql::AddAncestors(const PersonVariable& variable) {
  const auto categories = CharlsonCategories();
  const auto groups = GroupsOf(ComorbidityScheme::kCharlson);  // the same, in the same order
  std::vector<std::string> flags, terms;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    flags.push_back(StrCat("MAX(CASE WHEN s.set_id = ", facts_.charlson_set + static_cast<int>(i),
                           " THEN 1 ELSE 0 END) AS c", i));
    const int graver = categories[i].graver;
    const int weight = variable.other_weights ? groups[i].other_weight : categories[i].weight;
    terms.push_back(StrCat(weight, " * c", i, graver < 0 ? "" : StrCat(" * (1 - c", graver, ")")));
  }
  const std::string score =
      variable.group >= 0 ? StrCat("c", variable.group) : absl::StrJoin(terms, " + ");
  const std::string alias = Join(StrCat(
      "SELECT person_id, ", score, " AS score FROM (SELECT i.person_id, ",
      absl::StrJoin(flags, ", "), " FROM ", index_,
      " i JOIN condition_occurrence co ON co.person_id = i.person_id",
      Within(variable, "co.condition_start_date"), " JOIN ", Av(kConceptTable),
      " s ON s.concept_id = co.condition_concept_id AND s.set_id BETWEEN ", facts_.charlson_set,
      " AND ", facts_.charlson_set + static_cast<int>(categories.size()) - 1,
      " GROUP BY i.person_id) f"));
  Column(variable.name, StrCat("COALESCE(", alias, ".score, 0)"));
}

void VariablesSql::AddComorbidity(const PersonVariable& variable) {
  const std::string alias =
      Join(ComorbiditySql(variable, index_, Within(variable, "co.condition_start_date")));
  Column(variable.name, StrCat("COALESCE(", alias, ".score, 0)"));
}

void VariablesSql::AddReadmissions(const PersonVariable& variable) {
  Criterion criterion;
  criterion.domain = variable.domain;
  criterion.concept_set = variable.concept_set;
  const std::string gap = context_.dialect->DaysBetween("r.last_end", "r.start_date");
  const std::string alias = Join(StrCat(
      "SELECT r.person_id, COUNT(*) AS n FROM (SELECT i.person_id, e.start_date, MAX(e.end_date) "
      "OVER (PARTITION BY i.person_id ORDER BY e.start_date, e.event_id ROWS BETWEEN UNBOUNDED "
      "PRECEDING AND 1 PRECEDING) AS last_end FROM ",
      index_, " i JOIN (", criteria_.Criterion(criterion), ") e ON e.person_id = i.person_id",
      Within(variable, "e.start_date"), ") r WHERE ", gap, " BETWEEN 1 AND ", variable.gap_days,
      " GROUP BY r.person_id"));
  Column(variable.name, StrCat("COALESCE(", alias, ".n, 0)"));
}

void VariablesSql::AddOutcome(const PersonVariable& variable) {
  PersonVariable since = variable;
  since.window = {variable.window.from.value_or(0), std::nullopt};
  const std::string day = Events(since, kFirst);
  // The earliest of what ends the follow-up; NULLs are no ends.
  const std::string death = context_.dialect->DaysBetween("i.index_date", "i.death_date");
  std::string end = context_.dialect->DaysBetween("i.index_date", "i.op_end");
  end = StrCat("CASE WHEN ", death, " < ", end, " THEN ", death, " ELSE ", end, " END");
  if (variable.horizon_days.has_value()) {
    const int horizon = *variable.horizon_days;
    end = StrCat("CASE WHEN ", horizon, " < ", end, " THEN ", horizon, " ELSE ", end, " END");
  }
  const std::string happened = StrCat(day, " <= ", end);
  Column(variable.name + "_event", StrCat("CASE WHEN ", happened, " THEN 1 ELSE 0 END"));
  Column(variable.name + "_days",
         StrCat("CASE WHEN ", happened, " THEN ", day, " ELSE ", end, " END"));
  Column(variable.name + "_status",
         StrCat("CASE WHEN ", happened, " THEN 1 WHEN ", death, " <= ", end, " THEN 2 ELSE 0 END"));
}

void VariablesSql::AddStep(const PersonVariable& variable) {
  const std::string alias =
      Join(StrCat("SELECT subject_id AS person_id, MAX(cohort_definition_id) - 1 AS step FROM ",
                  request_.cohort_table, " WHERE cohort_definition_id BETWEEN 1 AND ",
                  variable.n_steps, " GROUP BY subject_id"));
  Column(variable.name, alias + ".step");
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
      if (variable.codes == PersonVariable::Codes::kStandard) return AddAncestors(variable);
      return AddComorbidity(variable);
    case Kind::kElixhauser:
      return AddComorbidity(variable);
    case Kind::kReadmissions:
      return AddReadmissions(variable);
    case Kind::kStep:
      return AddStep(variable);
    case Kind::kOutcome:
      return AddOutcome(variable);
    default:
      return AddEvents(variable);
  }
}

PreparedVariables VariablesSql::Make() {
  for (const PersonVariable& variable : request_.variables) Add(variable);
  return {
      StrCat(criteria_.With(), "SELECT i.person_id", request_.with_dates ? ", i.index_date" : "",
             select_, " FROM ", index_, " i LEFT JOIN person p ON p.person_id = i.person_id",
             events_.Joins(), joins_, " ORDER BY i.person_id"),
      columns_,
      {}};
}

}  // namespace essaim::cohort
