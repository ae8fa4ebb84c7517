#include "cohort/circe_reader.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/circe.h"
#include "cohort/dates.h"

namespace essaim::cohort {
namespace {

absl::StatusOr<Comparison> ReadComparison(const JsonReader& json) {
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader at, json.Need("Op"));
  ESSAIM_ASSIGN_OR_RETURN(const std::string op, at.Text(16));
  if (op == "lt") return Comparison::kLess;
  if (op == "lte") return Comparison::kAtMost;
  if (op == "eq") return Comparison::kEqual;
  if (op == "!eq") return Comparison::kNotEqual;
  if (op == "gt") return Comparison::kMore;
  if (op == "gte") return Comparison::kAtLeast;
  if (op == "bt") return Comparison::kBetween;
  if (op == "!bt") return Comparison::kNotBetween;
  return at.Wrong("expected lt, lte, eq, !eq, gt, gte, bt or !bt");
}

bool HasExtent(Comparison comparison) {
  return comparison == Comparison::kBetween || comparison == Comparison::kNotBetween;
}

absl::StatusOr<NumberRange> ReadNumberRange(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Value", "Op", "Extent"}));
  NumberRange range;
  ESSAIM_ASSIGN_OR_RETURN(range.comparison, ReadComparison(json));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader value, json.Need("Value"));
  ESSAIM_ASSIGN_OR_RETURN(range.value, value.Number());
  if (HasExtent(range.comparison)) {
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader extent, json.Need("Extent"));
    ESSAIM_ASSIGN_OR_RETURN(range.extent, extent.Number());
  }
  return range;
}

absl::StatusOr<DateRange> ReadDateRange(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Value", "Op", "Extent"}));
  DateRange range;
  ESSAIM_ASSIGN_OR_RETURN(range.comparison, ReadComparison(json));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader value, json.Need("Value"));
  ESSAIM_ASSIGN_OR_RETURN(range.value, ReadDate(value));
  if (HasExtent(range.comparison)) {
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader extent, json.Need("Extent"));
    ESSAIM_ASSIGN_OR_RETURN(range.extent, ReadDate(extent));
  }
  return range;
}

absl::StatusOr<TextFilter> ReadTextFilter(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Text", "Op"}));
  TextFilter filter;
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader text, json.Need("Text"));
  ESSAIM_ASSIGN_OR_RETURN(filter.text, text.Text(1000));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader at, json.Need("Op"));
  ESSAIM_ASSIGN_OR_RETURN(std::string op, at.Text(16));
  filter.negated = !op.empty() && op[0] == '!';
  if (filter.negated) op.erase(0, 1);
  if (op == "startsWith") {
    filter.match = TextFilter::Match::kStarts;
  } else if (op == "endsWith") {
    filter.match = TextFilter::Match::kEnds;
  } else if (op == "contains") {
    filter.match = TextFilter::Match::kContains;
  } else {
    return at.Wrong("expected startsWith, endsWith or contains, with ! in front or not");
  }
  return filter;
}

absl::StatusOr<ConceptList> ReadConceptList(const JsonReader& json) {
  ConceptList list;
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> items, json.Items(10'000));
  for (const JsonReader& item : items) {
    ESSAIM_RETURN_IF_ERROR(item.IsObject());
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader id, item.Need("CONCEPT_ID"));
    ESSAIM_ASSIGN_OR_RETURN(list.concepts.emplace_back(), id.Integer(INT32_MIN, INT64_MAX));
  }
  return list;
}

absl::StatusOr<DateAdjustment> ReadAdjustment(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"StartWith", "StartOffset", "EndWith", "EndOffset"}));
  DateAdjustment adjustment;
  const auto from_end = [&](std::string_view key, bool otherwise) -> absl::StatusOr<bool> {
    ESSAIM_ASSIGN_OR_RETURN(const std::string text,
                            json.TextOr(key, 32, otherwise ? "END_DATE" : "START_DATE"));
    if (text == "END_DATE") return true;
    if (text == "START_DATE") return false;
    return json.Get(key)->Wrong("expected START_DATE or END_DATE");
  };
  ESSAIM_ASSIGN_OR_RETURN(adjustment.start_from_end, from_end("StartWith", false));
  ESSAIM_ASSIGN_OR_RETURN(adjustment.end_from_end, from_end("EndWith", true));
  ESSAIM_ASSIGN_OR_RETURN(adjustment.start_days, json.IntOr("StartOffset", -kDaysMax, kDaysMax, 0));
  ESSAIM_ASSIGN_OR_RETURN(adjustment.end_days, json.IntOr("EndOffset", -kDaysMax, kDaysMax, 0));
  return adjustment;
}

absl::StatusOr<Endpoint> ReadEndpoint(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Days", "Coeff"}));
  Endpoint endpoint;
  ESSAIM_ASSIGN_OR_RETURN(endpoint.sign, json.IntOr("Coeff", -1, 1, 0));
  ESSAIM_ASSIGN_OR_RETURN(endpoint.days, json.MaybeInt("Days", -kDaysMax, kDaysMax));
  if (endpoint.days.has_value()) {
    endpoint.days = *endpoint.days * endpoint.sign;
    endpoint.sign = 1;
  } else if (endpoint.sign == 0) {
    endpoint.sign = 1;  // Circe: whatever is not -1 is the end of the observation
  }
  return endpoint;
}

absl::StatusOr<Window> ReadWindow(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Start", "End", "UseIndexEnd", "UseEventEnd"}));
  Window window;
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader start, json.Need("Start"));
  ESSAIM_ASSIGN_OR_RETURN(window.start, ReadEndpoint(start));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader end, json.Need("End"));
  ESSAIM_ASSIGN_OR_RETURN(window.end, ReadEndpoint(end));
  ESSAIM_ASSIGN_OR_RETURN(window.from_index_end, json.BoolOr("UseIndexEnd", false));
  if (const auto on_end = json.Get("UseEventEnd"); on_end.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(window.on_event_end, on_end->Bool());
  }
  return window;
}

// The static name of what is counted.
absl::StatusOr<std::string_view> ReadCountColumn(const JsonReader& json, const DomainInfo& info) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string name, json.Text(64));
  for (const std::string_view common : {"DOMAIN_CONCEPT", "START_DATE", "END_DATE", "VISIT_ID"}) {
    if (name == common) return common;
  }
  for (const CountColumn& column : info.count_columns) {
    if (name == column.key) return column.key;
  }
  return json.Unsupported("this domain has no such column to count");
}

absl::StatusOr<Occurrence> ReadOccurrence(const JsonReader& json, const DomainInfo& info) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Type", "Count", "IsDistinct", "CountColumn"}));
  Occurrence occurrence;
  ESSAIM_ASSIGN_OR_RETURN(const int type, json.IntOr("Type", 0, 2, 0));
  occurrence.type = static_cast<Occurrence::Type>(type);
  ESSAIM_ASSIGN_OR_RETURN(occurrence.count, json.IntOr("Count", 0, 1'000'000, 0));
  ESSAIM_ASSIGN_OR_RETURN(occurrence.distinct, json.BoolOr("IsDistinct", false));
  if (!occurrence.distinct) return occurrence;
  occurrence.column = "DOMAIN_CONCEPT";
  if (const auto column = json.Get("CountColumn"); column.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(occurrence.column, ReadCountColumn(*column, info));
  }
  return occurrence;
}

}  // namespace

absl::StatusOr<std::string> ReadDate(const JsonReader& json) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, json.Text(64));
  const auto date = CalendarDay(text);
  if (!date.has_value()) return json.Wrong("expected a date, YYYY-MM-DD");
  return *date;
}

absl::Status CirceReader::Count(const JsonReader& json) {
  if (++n_criteria_ <= kCriteriaMax) return absl::OkStatus();
  return json.Wrong(absl::StrCat("more than ", kCriteriaMax, " criteria"));
}

absl::StatusOr<int> CirceReader::ReadConceptSetId(const JsonReader& json) {
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t number, json.Integer(INT32_MIN, INT32_MAX));
  const int id = static_cast<int>(number);
  if (!concept_sets_.contains(id)) missing_sets_.emplace(id, json.path());
  return id;
}

absl::StatusOr<FilterValue> CirceReader::ReadFilter(const JsonReader& json,
                                                    const DomainField& field,
                                                    const JsonReader& parent) {
  switch (field.kind) {
    case FieldKind::kInteger:
    case FieldKind::kDecimal:
      return ReadNumberRange(json);
    case FieldKind::kDate:
      return ReadDateRange(json);
    case FieldKind::kText:
      return ReadTextFilter(json);
    case FieldKind::kFlag:
      return json.Bool();
    case FieldKind::kConcepts: {
      ESSAIM_ASSIGN_OR_RETURN(ConceptList list, ReadConceptList(json));
      if (!field.exclude_key.empty()) {
        ESSAIM_ASSIGN_OR_RETURN(list.excluded, parent.BoolOr(field.exclude_key, false));
      }
      return list;
    }
    case FieldKind::kConceptSet: {
      ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"CodesetId", "IsExclusion"}));
      ConceptSetChoice choice;
      ESSAIM_ASSIGN_OR_RETURN(choice.excluded, json.BoolOr("IsExclusion", false));
      if (const auto id = json.Get("CodesetId"); id.has_value()) {
        ESSAIM_ASSIGN_OR_RETURN(choice.concept_set, ReadConceptSetId(*id));
      }
      return choice;
    }
    case FieldKind::kCodeset: {
      ConceptSetChoice choice;
      ESSAIM_ASSIGN_OR_RETURN(choice.concept_set, ReadConceptSetId(json));
      return choice;
    }
  }
  return json.Wrong("an unknown kind of field");
}

absl::StatusOr<std::vector<Filter>> CirceReader::ReadFilters(const JsonReader& json,
                                                             std::span<const DomainField> fields) {
  std::vector<Filter> filters;
  for (const DomainField& field : fields) {
    const auto at = json.Get(field.key);
    if (!at.has_value()) continue;
    if (field.kind == FieldKind::kConcepts && at->value().empty()) continue;
    ESSAIM_ASSIGN_OR_RETURN(FilterValue value, ReadFilter(*at, field, json));
    if (const bool* flag = std::get_if<bool>(&value); flag != nullptr && !*flag) continue;
    filters.push_back({&field, std::move(value)});
  }
  return filters;
}

absl::StatusOr<Criterion> CirceReader::ReadCriterion(const JsonReader& wrapper, int depth) {
  ESSAIM_RETURN_IF_ERROR(Count(wrapper));
  ESSAIM_RETURN_IF_ERROR(wrapper.IsObject());
  if (wrapper.value().size() != 1) return wrapper.Wrong("expected one domain, as its only field");
  const std::string key = wrapper.value().begin().key();
  const JsonReader json(wrapper.value().begin().value(),
                        absl::StrCat(wrapper.path(), ".", key.substr(0, 64)));
  const DomainInfo* info = FindDomain(key);
  if (info == nullptr) return json.Unsupported("this domain is not supported");

  const bool is_period =
      info->domain == Domain::kObservationPeriod || info->domain == Domain::kPayerPlanPeriod;
  std::vector<std::string_view> keys = {"CorrelatedCriteria"};
  if (info->has_adjustment) keys.push_back("DateAdjustment");
  if (info->has_first) keys.push_back("First");
  keys.push_back(is_period ? "UserDefinedPeriod" : "CodesetId");
  if (!info->source_key.empty()) keys.push_back(info->source_key);
  for (const DomainField& field : info->fields) {
    keys.push_back(field.key);
    if (!field.exclude_key.empty()) keys.push_back(field.exclude_key);
  }
  for (const std::string_view unused : info->unused_keys) {
    keys.push_back(unused);
    if (const auto at = json.Get(unused); at.has_value()) {
      notes_.push_back(absl::StrCat(at->path(), ": without effect, as in Circe"));
    }
  }
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys(keys));

  Criterion criterion;
  criterion.domain = info->domain;
  if (const auto at = json.Get("CodesetId"); at.has_value() && !is_period) {
    ESSAIM_ASSIGN_OR_RETURN(criterion.concept_set, ReadConceptSetId(*at));
  }
  if (!info->source_key.empty() && json.Get(info->source_key).has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(criterion.source_concept_set,
                            ReadConceptSetId(*json.Get(info->source_key)));
  }
  if (info->has_first) {
    ESSAIM_ASSIGN_OR_RETURN(criterion.first, json.BoolOr("First", false));
  }
  ESSAIM_ASSIGN_OR_RETURN(criterion.filters, ReadFilters(json, info->fields));
  if (const auto at = json.Get("DateAdjustment"); at.has_value() && info->has_adjustment) {
    ESSAIM_ASSIGN_OR_RETURN(criterion.adjustment, ReadAdjustment(*at));
  }
  if (const auto at = json.Get("UserDefinedPeriod"); at.has_value()) {
    ESSAIM_RETURN_IF_ERROR(at->CheckKeys({"StartDate", "EndDate"}));
    if (const auto start = at->Get("StartDate"); start.has_value()) {
      ESSAIM_ASSIGN_OR_RETURN(criterion.period_start, ReadDate(*start));
    }
    if (const auto end = at->Get("EndDate"); end.has_value()) {
      ESSAIM_ASSIGN_OR_RETURN(criterion.period_end, ReadDate(*end));
    }
  }
  if (const auto at = json.Get("CorrelatedCriteria"); at.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(Group group, ReadGroup(*at, depth + 1));
    if (!group.empty()) criterion.correlated.push_back(std::move(group));
  }
  return criterion;
}

absl::StatusOr<CorrelatedCriterion> CirceReader::ReadCorrelated(const JsonReader& json, int depth) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"Criteria", "StartWindow", "EndWindow", "RestrictVisit",
                                         "IgnoreObservationPeriod", "Occurrence"}));
  CorrelatedCriterion correlated;
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader criterion, json.Need("Criteria"));
  ESSAIM_ASSIGN_OR_RETURN(correlated.criterion, ReadCriterion(criterion, depth));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader start, json.Need("StartWindow"));
  ESSAIM_ASSIGN_OR_RETURN(correlated.start, ReadWindow(start));
  if (const auto end = json.Get("EndWindow"); end.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(correlated.end, ReadWindow(*end));
  }
  ESSAIM_ASSIGN_OR_RETURN(correlated.same_visit, json.BoolOr("RestrictVisit", false));
  ESSAIM_ASSIGN_OR_RETURN(correlated.beyond_observation,
                          json.BoolOr("IgnoreObservationPeriod", false));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader occurrence, json.Need("Occurrence"));
  ESSAIM_ASSIGN_OR_RETURN(correlated.occurrence,
                          ReadOccurrence(occurrence, InfoOf(correlated.criterion.domain)));
  return correlated;
}

absl::StatusOr<Demographic> CirceReader::ReadDemographic(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(Count(json));
  std::vector<std::string_view> keys;
  for (const DomainField& field : DemographicFields()) keys.push_back(field.key);
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys(keys));
  Demographic demographic;
  ESSAIM_ASSIGN_OR_RETURN(demographic.filters, ReadFilters(json, DemographicFields()));
  return demographic;
}

absl::StatusOr<Group> CirceReader::ReadGroup(const JsonReader& json, int depth) {
  ESSAIM_RETURN_IF_ERROR(
      json.CheckKeys({"Type", "Count", "CriteriaList", "DemographicCriteriaList", "Groups"}));
  ESSAIM_RETURN_IF_ERROR(Count(json));
  if (depth > kGroupDepthMax) {
    return json.Wrong(absl::StrCat("nested deeper than ", kGroupDepthMax));
  }
  Group group;
  const auto has_items = [&](const char* key) {
    const auto list = json.Get(key);
    return list.has_value() && !list->value().empty();
  };
  if (!has_items("CriteriaList") && !has_items("DemographicCriteriaList") && !has_items("Groups"))
    return group;  // whatever its type, it holds
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader at, json.Need("Type"));
  ESSAIM_ASSIGN_OR_RETURN(std::string type, at.Text(16));
  type = absl::AsciiStrToUpper(type);
  if (type == "ALL") {
    group.type = Group::Type::kAll;
  } else if (type == "ANY") {
    group.type = Group::Type::kAny;
  } else if (type == "AT_LEAST" || type == "AT_MOST") {
    group.type = type == "AT_LEAST" ? Group::Type::kAtLeast : Group::Type::kAtMost;
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader count, json.Need("Count"));
    ESSAIM_ASSIGN_OR_RETURN(const std::int64_t n, count.Integer(0, kCriteriaMax));
    group.count = static_cast<int>(n);
  } else {
    return at.Wrong("expected ALL, ANY, AT_LEAST or AT_MOST");
  }
  const auto each = [&](std::string_view key, const auto& read) -> absl::Status {
    const auto list = json.Get(key);
    if (!list.has_value()) return absl::OkStatus();
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> items, list->Items(kCriteriaMax));
    for (const JsonReader& item : items) ESSAIM_RETURN_IF_ERROR(read(item));
    return absl::OkStatus();
  };
  ESSAIM_RETURN_IF_ERROR(each("CriteriaList", [&](const JsonReader& item) -> absl::Status {
    ESSAIM_ASSIGN_OR_RETURN(group.criteria.emplace_back(), ReadCorrelated(item, depth));
    return absl::OkStatus();
  }));
  ESSAIM_RETURN_IF_ERROR(
      each("DemographicCriteriaList", [&](const JsonReader& item) -> absl::Status {
        ESSAIM_ASSIGN_OR_RETURN(group.demographics.emplace_back(), ReadDemographic(item));
        return absl::OkStatus();
      }));
  ESSAIM_RETURN_IF_ERROR(each("Groups", [&](const JsonReader& item) -> absl::Status {
    ESSAIM_ASSIGN_OR_RETURN(group.groups.emplace_back(), ReadGroup(item, depth + 1));
    return absl::OkStatus();
  }));
  return group;
}

}  // namespace essaim::cohort
