#include "cohort/criteria_sql.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"
#include "warehouse/expression_sql.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

std::string_view Operator(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess:
      return "<";
    case Comparison::kAtMost:
      return "<=";
    case Comparison::kEqual:
      return "=";
    case Comparison::kNotEqual:
      return "<>";
    case Comparison::kMore:
      return ">";
    default:
      return ">=";
  }
}

std::string Compare(std::string_view expression, Comparison comparison, const std::string& value,
                    const std::string& extent) {
  if (comparison == Comparison::kBetween || comparison == Comparison::kNotBetween) {
    return StrCat(comparison == Comparison::kNotBetween ? "NOT " : "", "(", Av(expression),
                  " >= ", value, " AND ", Av(expression), " <= ", extent, ")");
  }
  return StrCat(Av(expression), " ", Av(Operator(comparison)), " ", value);
}

// Four decimals, halves away from zero, on the shortest decimal of the double: what Java's
// String.format("%.4f") gives.
std::string FourDecimals(double value) {
  char buffer[400];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string text(buffer, end);
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos || text.size() <= dot + 5) return text;
  const bool up = text[dot + 5] >= '5';
  text.resize(dot + 5);
  for (std::size_t i = text.size(); up && i-- > 0;) {
    if (text[i] == '.') continue;
    if (text[i] == '-' || i == 0) {
      if (text[i] == '-') return text.insert(1, "1");
      if (text[i] != '9') {
        ++text[i];
        return text;
      }
      text[i] = '0';
      return text.insert(0, "1");
    }
    if (text[i] != '9') {
      ++text[i];
      break;
    }
    text[i] = '0';
  }
  return text;
}

std::string NumberText(double value, FieldKind kind) {
  if (kind == FieldKind::kInteger) return StrCat(static_cast<std::int64_t>(value));
  return StrCat("CAST(", FourDecimals(value), " AS DOUBLE PRECISION)");
}

std::string DateText(const std::string& date) { return StrCat("DATE '", date, "'"); }

std::string LikePattern(const TextFilter& filter) {
  const std::string text = absl::StrReplaceAll(filter.text, {{"!", "!!"}});
  const bool open_start = filter.match != TextFilter::Match::kStarts;
  const bool open_end = filter.match != TextFilter::Match::kEnds;
  return SqlText(StrCat(open_start ? "%" : "", text, open_end ? "%" : ""));
}

std::string_view JoinText(FieldJoin join) {
  switch (join) {
    case FieldJoin::kNone:
      return "";
    case FieldJoin::kPerson:
      return " JOIN person P ON C.person_id = P.person_id";
    case FieldJoin::kVisit:
      return " JOIN visit_occurrence V ON C.visit_occurrence_id = V.visit_occurrence_id"
             " AND C.person_id = V.person_id";
    case FieldJoin::kProvider:
      return " LEFT JOIN provider PR ON C.provider_id = PR.provider_id";
    case FieldJoin::kCareSite:
      return " JOIN care_site CS ON C.care_site_id = CS.care_site_id";
  }
  return "";
}

std::string CountExpression(const DomainInfo& info, std::string_view column) {
  if (column == "DOMAIN_CONCEPT") {
    return info.domain == Domain::kDeath ? "COALESCE(C.cause_concept_id, 0)"
                                         : StrCat("C.", Av(info.concept_column));
  }
  if (column == "START_DATE") return "C.start_date";
  if (column == "END_DATE") return "C.end_date";
  if (column == "VISIT_ID") {
    return info.has_visit ? "C.visit_occurrence_id" : "CAST(NULL AS BIGINT)";
  }
  for (const CountColumn& known : info.count_columns) {
    if (known.key == column) return std::string(known.expression);
  }
  return "NULL";
}

}  // namespace

EventSpan SpanOf(const DomainInfo& info, const SqlDialect& dialect) {
  EventSpan span{.start = StrCat("d.", Av(info.start)), .end = ""};
  const std::string next_day = dialect.AddDays(span.start, "1");
  if (info.end.empty()) {
    span.end = next_day;
    return span;
  }
  const std::string column = StrCat("d.", Av(info.end));
  const std::string supply =
      info.supply.empty() ? "" : dialect.AddDays(span.start, StrCat("d.", Av(info.supply))) + ", ";
  span.end = info.end_required ? column : StrCat("COALESCE(", column, ", ", supply, next_day, ")");
  return span;
}

std::string CriteriaSql::AddDays(std::string_view date, int days) const {
  return days == 0 ? std::string(date) : context_.dialect->AddDays(date, StrCat(days));
}

std::string CriteriaSql::Define(const std::string& query) {
  const auto [at, added] = names_.emplace(query, StrCat("q", names_.size() + 1));
  if (added) defined_.emplace_back(at->second, query);
  return at->second;
}

std::string CriteriaSql::With() const {
  if (defined_.empty()) return "";
  std::string text = "WITH ";
  for (std::size_t i = 0; i < defined_.size(); ++i) {
    StrAppend(&text, i == 0 ? "" : ",\n", defined_[i].first, " AS MATERIALIZED (",
              defined_[i].second, ")");
  }
  return text + "\n";
}

std::string CriteriaSql::InSet(std::string_view expression, int set, bool excluded) const {
  return StrCat(Av(expression), excluded ? " NOT" : "", " IN (SELECT concept_id FROM ",
                Av(kConceptTable), " WHERE set_id = ", SetId(set), ")");
}

std::string CriteriaSql::Condition(const Filter& filter) const {
  const std::string expression = absl::StrReplaceAll(
      Av(filter.field->expression),
      {{"@duration", context_.dialect->DaysBetween("C.start_date", "C.end_date")}});
  const FieldKind kind = filter.field->kind;
  if (const auto* number = std::get_if<NumberRange>(&filter.value)) {
    return Compare(expression, number->comparison, NumberText(number->value, kind),
                   NumberText(number->extent, kind));
  }
  if (const auto* date = std::get_if<DateRange>(&filter.value)) {
    return Compare(expression, date->comparison, DateText(date->value), DateText(date->extent));
  }
  if (const auto* text = std::get_if<TextFilter>(&filter.value)) {
    return StrCat(expression, text->negated ? " NOT" : "", " LIKE ", LikePattern(*text),
                  " ESCAPE '!'");
  }
  if (const auto* list = std::get_if<ConceptList>(&filter.value)) {
    return StrCat(expression, list->excluded ? " NOT" : "", " IN (",
                  absl::StrJoin(list->concepts, ","), ")");
  }
  if (const auto* choice = std::get_if<ConceptSetChoice>(&filter.value)) {
    if (choice->concept_set.has_value()) {
      return InSet(expression, *choice->concept_set, choice->excluded);
    }
    return StrCat(expression, choice->excluded ? " IS NULL" : " IS NOT NULL");
  }
  return expression;
}

// The domain's rows of the criterion's concept sets, as "FROM ... d ... [WHERE ...]".
std::string CriteriaSql::Rows(const cohort::Criterion& criterion, const DomainInfo& info) const {
  std::string joins, where;
  std::string table(info.table);
  const auto restrict = [&](std::optional<int> set, bool by_source, std::string_view column) {
    if (!set.has_value()) return;
    const auto scan = context_.scans.find({info.domain, by_source});
    if (scan != context_.scans.end() && where.empty()) {
      table = scan->second;
      where = StrCat(" WHERE d.set_id = ", SetId(*set));
      return;
    }
    const std::string alias = by_source ? "cns" : "cs";
    StrAppend(&joins, " JOIN ", Av(kConceptTable), " ", alias, " ON d.", Av(column), " = ", alias,
              ".concept_id AND ", alias, ".set_id = ", SetId(*set));
  };
  restrict(criterion.concept_set, false, info.concept_column);
  restrict(criterion.source_concept_set, true, info.source_column);
  return StrCat("FROM ", table, " d", joins, where);
}

std::string CriteriaSql::Plain(const cohort::Criterion& criterion,
                               std::string_view count_column) const {
  const DomainInfo& info = InfoOf(criterion.domain);
  const SqlDialect& dialect = *context_.dialect;
  const auto [start, end] = SpanOf(info, dialect);
  std::vector<std::string> conditions;
  std::string start_out = start, end_out = end;
  if (const auto& adjust = criterion.adjustment) {
    // Circe counts a death's dates from its start and its end whatever the definition says.
    const bool death = info.domain == Domain::kDeath;
    start_out = AddDays(adjust->start_from_end && !death ? end : start, adjust->start_days);
    end_out = AddDays(adjust->end_from_end || death ? end : start, adjust->end_days);
    conditions.push_back("C.end_date >= C.start_date");
  }
  std::string ordinal;
  if (criterion.first) {
    ordinal = StrCat(", row_number() OVER (PARTITION BY d.person_id ORDER BY ", start, ", d.",
                     Av(info.id), ") AS ordinal");
    conditions.push_back("C.ordinal = 1");
  }
  std::set<FieldJoin> joins;
  for (const Filter& filter : criterion.filters) {
    joins.insert(filter.field->join);
    conditions.push_back(Condition(filter));
  }
  for (const std::string* date : {&criterion.period_start, &criterion.period_end}) {
    if (date->empty()) continue;
    conditions.push_back(
        StrCat("C.start_date <= ", DateText(*date), " AND C.end_date >= ", DateText(*date)));
  }
  std::string join_text;
  for (const FieldJoin join : joins) join_text += JoinText(join);
  const std::string counted =
      count_column.empty()
          ? ""
          : StrCat(", ",
                   absl::StrReplaceAll(
                       CountExpression(info, count_column),
                       {{"@duration", dialect.DaysBetween("C.start_date", "C.end_date")}}),
                   " AS counted");
  return StrCat(
      "SELECT C.person_id, C.", Av(info.id), " AS event_id, ",
      criterion.period_start.empty() ? "C.start_date" : DateText(criterion.period_start),
      " AS start_date, ",
      criterion.period_end.empty() ? "C.end_date" : DateText(criterion.period_end),
      " AS end_date, ",
      info.has_visit ? "C.visit_occurrence_id" : "CAST(NULL AS BIGINT) AS visit_occurrence_id",
      ", C.start_date AS sort_date", counted, " FROM (SELECT d.*, ", start_out, " AS start_date, ",
      end_out, " AS end_date", ordinal, " ", Rows(criterion, info), ") C", join_text,
      conditions.empty() ? "" : " WHERE ", absl::StrJoin(conditions, " AND "));
}

std::string CriteriaSql::Criterion(const cohort::Criterion& criterion,
                                   std::string_view count_column) {
  const std::string plain = Plain(criterion, count_column);
  if (criterion.correlated.empty()) return plain;
  const std::string events = Define(plain);
  const std::string observed = Define(StrCat(
      "SELECT Q.person_id, Q.event_id, Q.start_date, Q.end_date, Q.visit_occurrence_id, "
      "OP.observation_period_start_date AS op_start_date, OP.observation_period_end_date AS "
      "op_end_date FROM ",
      events,
      " Q JOIN observation_period OP ON Q.person_id = OP.person_id AND "
      "OP.observation_period_start_date <= Q.start_date AND OP.observation_period_end_date >= "
      "Q.start_date"));
  const std::string holds = Group(criterion.correlated.front(), observed, 0);
  return StrCat(
      "SELECT PE.person_id, PE.event_id, PE.start_date, PE.end_date, "
      "PE.visit_occurrence_id, PE.sort_date",
      count_column.empty() ? "" : ", PE.counted", " FROM ", events, " PE JOIN (", holds,
      ") AC ON AC.person_id = PE.person_id AND AC.event_id = PE.event_id");
}

std::string CriteriaSql::Windows(const CorrelatedCriterion& correlated) const {
  const bool within = !correlated.beyond_observation;
  std::string text;
  if (within) text = " AND A.start_date >= P.op_start_date AND A.start_date <= P.op_end_date";
  const auto bound = [&](const Endpoint& endpoint, const std::string& index,
                         const std::string& event, const char* comparison) {
    if (endpoint.days.has_value()) {
      StrAppend(&text, " AND ", event, comparison, AddDays(index, *endpoint.days));
    } else if (within) {
      StrAppend(&text, " AND ", event, comparison,
                endpoint.sign == -1 ? "P.op_start_date" : "P.op_end_date");
    }
  };
  const auto add = [&](const Window& window, bool on_end_by_default) {
    const std::string index = window.from_index_end ? "P.end_date" : "P.start_date";
    const bool on_end = window.on_event_end.value_or(on_end_by_default);
    const std::string event = on_end ? "A.end_date" : "A.start_date";
    bound(window.start, index, event, " >= ");
    bound(window.end, index, event, " <= ");
  };
  add(correlated.start, false);
  if (correlated.end.has_value()) add(*correlated.end, true);
  if (correlated.same_visit) text += " AND A.visit_occurrence_id = P.visit_occurrence_id";
  return text;
}

std::string CriteriaSql::Correlated(const CorrelatedCriterion& correlated, std::string_view events,
                                    int index) {
  const Occurrence& occurrence = correlated.occurrence;
  const std::string_view column = occurrence.distinct ? occurrence.column : std::string_view();
  const std::string windowed =
      StrCat("SELECT P.person_id, P.event_id", occurrence.distinct ? ", A.counted" : "", " FROM ",
             Av(events), " P JOIN (", Criterion(correlated.criterion, column),
             ") A ON A.person_id = P.person_id", Windows(correlated));
  const char* comparison = occurrence.type == Occurrence::Type::kExactly  ? " = "
                           : occurrence.type == Occurrence::Type::kAtMost ? " <= "
                                                                          : " >= ";
  const std::string having =
      StrCat(" HAVING COUNT(", occurrence.distinct ? "DISTINCT cc.counted" : "cc.event_id", ")",
             comparison, occurrence.count);
  // None, or at most some: events without a single occurrence hold too.
  if (occurrence.type == Occurrence::Type::kAtMost || occurrence.count == 0) {
    return StrCat("SELECT ", index, " AS index_id, p.person_id, p.event_id FROM ", Av(events),
                  " p LEFT JOIN (", windowed,
                  ") cc ON p.person_id = cc.person_id AND p.event_id = cc.event_id GROUP BY "
                  "p.person_id, p.event_id",
                  having);
  }
  return StrCat("SELECT ", index, " AS index_id, cc.person_id, cc.event_id FROM (", windowed,
                ") cc GROUP BY cc.person_id, cc.event_id", having);
}

std::string CriteriaSql::Demographics(const Demographic& demographic, std::string_view events,
                                      int index) const {
  std::vector<std::string> conditions;
  for (const Filter& filter : demographic.filters) conditions.push_back(Condition(filter));
  return StrCat("SELECT ", index, " AS index_id, E.person_id, E.event_id FROM ", Av(events),
                " E JOIN person P ON P.person_id = E.person_id",
                conditions.empty() ? "" : " WHERE ", absl::StrJoin(conditions, " AND "),
                " GROUP BY E.person_id, E.event_id");
}

std::string CriteriaSql::Group(const cohort::Group& group, std::string_view events, int index) {
  if (group.empty()) {
    return StrCat("SELECT ", index, " AS index_id, person_id, event_id FROM ", Av(events));
  }
  std::vector<std::string> parts;
  const auto next = [&] { return static_cast<int>(parts.size()); };
  for (const CorrelatedCriterion& correlated : group.criteria) {
    parts.push_back(Correlated(correlated, events, next()));
  }
  for (const Demographic& demographic : group.demographics) {
    parts.push_back(Demographics(demographic, events, next()));
  }
  for (const cohort::Group& inner : group.groups) parts.push_back(Group(inner, events, next()));

  std::string having;
  bool keep_none = false;  // events for which nothing holds stay in the count
  switch (group.type) {
    case cohort::Group::Type::kAll:
      having = StrCat("= ", parts.size());
      break;
    case cohort::Group::Type::kAny:
      having = "> 0";
      break;
    case cohort::Group::Type::kAtLeast:
      having = StrCat(">= ", group.count);
      keep_none = group.count == 0;
      break;
    case cohort::Group::Type::kAtMost:
      having = StrCat("<= ", group.count);
      keep_none = true;
      break;
  }
  return StrCat("SELECT ", index,
                " AS index_id, person_id, event_id FROM (SELECT E.person_id, "
                "E.event_id FROM ",
                Av(events), " E ", keep_none ? "LEFT" : "INNER", " JOIN (",
                absl::StrJoin(parts, "\nUNION ALL\n"),
                ") CQ ON E.person_id = CQ.person_id AND E.event_id = CQ.event_id GROUP BY "
                "E.person_id, E.event_id HAVING COUNT(index_id) ",
                having, ") G");
}

}  // namespace essaim::cohort
