#include "cohort/yaml_criteria.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "cohort/circe.h"
#include "cohort/dates.h"

namespace essaim::cohort {
namespace {

using absl::StrCat;

std::optional<std::int64_t> Whole(const YamlNode& node, double low, double high) {
  const std::optional<double> number = node.AsNumber();
  if (!number.has_value() || *number != std::floor(*number) || *number < low || *number > high) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

struct NamedComparison {
  const char* key;
  Comparison comparison;
};

constexpr NamedComparison kComparisons[] = {
    {"less_than", Comparison::kLess},  {"at_most", Comparison::kAtMost},
    {"equal", Comparison::kEqual},     {"not_equal", Comparison::kNotEqual},
    {"more_than", Comparison::kMore},  {"at_least", Comparison::kAtLeast},
    {"between", Comparison::kBetween}, {"not_between", Comparison::kNotBetween},
};

constexpr char kRangeWanted[] =
    "expected one of less_than, at_most, equal, not_equal, more_than, at_least, between, "
    "not_between, as {at_least: 18} or {between: [18, 65]}";

// The comparison, and the one value or the two of its node; null where the node is none.
const NamedComparison* FindComparison(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap || node.keys.size() != 1) return nullptr;
  for (const NamedComparison& named : kComparisons) {
    if (node.keys[0] != named.key) continue;
    const bool two =
        named.comparison == Comparison::kBetween || named.comparison == Comparison::kNotBetween;
    const YamlNode& value = node.items[0];
    const bool fits =
        two ? value.kind == YamlNode::Kind::kList && value.items.size() == 2 : value.IsText();
    return fits ? &named : nullptr;
  }
  return nullptr;
}

const YamlNode& First(const YamlNode& node) {
  const YamlNode& value = node.items[0];
  return value.kind == YamlNode::Kind::kList ? value.items[0] : value;
}

const YamlNode& Second(const YamlNode& node) {
  const YamlNode& value = node.items[0];
  return value.kind == YamlNode::Kind::kList ? value.items[1] : value;
}

}  // namespace

std::string YamlKey(const DomainField& field) {
  std::string_view key = field.key;
  if (field.kind == FieldKind::kConceptSet && key.ends_with("CS")) key.remove_suffix(2);
  std::string out;
  for (const char c : key) {
    if (std::isupper(static_cast<unsigned char>(c)) && !out.empty()) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

int YamlCriteria::ReadDays(const YamlNode& node, std::string_view key, int low, int high) {
  const auto days = Whole(node, low, high);
  if (!days.has_value()) {
    faults_.Add(node, key, StrCat("expected a whole number from ", low, " to ", high));
  }
  return static_cast<int>(days.value_or(0));
}

std::string YamlCriteria::ReadDate(const YamlNode& node, std::string_view key) {
  const auto day = node.IsText() ? CalendarDay(node.text) : std::nullopt;
  if (!day.has_value()) faults_.Add(node, key, "expected a date, YYYY-MM-DD");
  return day.value_or("");
}

int YamlCriteria::ReadSet(const YamlNode& node, std::string_view key) {
  const auto found = node.IsText() ? sets_.find(node.text) : sets_.end();
  if (found != sets_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, id] : sets_) names.push_back(name);
  faults_.Add(node, key,
              StrCat("expected the name of a concept set: ",
                     names.empty() ? "there is none" : absl::StrJoin(names, ", ")));
  return 0;
}

NumberRange YamlCriteria::ReadRange(const YamlNode& node, std::string_view key) {
  NumberRange range;
  const NamedComparison* named = FindComparison(node);
  if (named == nullptr) {
    faults_.Add(node, key, kRangeWanted);
    return range;
  }
  const auto low = First(node).AsNumber(), high = Second(node).AsNumber();
  if (!low.has_value() || !high.has_value() || std::abs(*low) > 1e15 || std::abs(*high) > 1e15) {
    faults_.Add(node, key, "expected numbers");
    return range;
  }
  return {named->comparison, *low, *high};
}

DateRange YamlCriteria::ReadDateRange(const YamlNode& node, std::string_view key) {
  const NamedComparison* named = FindComparison(node);
  if (named == nullptr) {
    faults_.Add(node, key, kRangeWanted);
    return {};
  }
  return {named->comparison, ReadDate(First(node), key), ReadDate(Second(node), key)};
}

TextFilter YamlCriteria::ReadText(const YamlNode& node, std::string_view key) {
  TextFilter filter;
  const bool one = node.kind == YamlNode::Kind::kMap && node.keys.size() == 1 &&
                   node.items[0].IsText() && node.items[0].text.size() <= 1'000;
  std::string way = one ? node.keys[0] : "";
  filter.negated = way.starts_with("not_");
  if (filter.negated) way.erase(0, 4);
  if (way == "starts_with") {
    filter.match = TextFilter::Match::kStarts;
  } else if (way == "ends_with") {
    filter.match = TextFilter::Match::kEnds;
  } else if (way == "contains") {
    filter.match = TextFilter::Match::kContains;
  } else {
    faults_.Add(node, key,
                "expected one of starts_with, ends_with, contains, with not_ in front or not, and "
                "its text");
    return filter;
  }
  filter.text = node.items[0].text;
  return filter;
}

std::optional<FilterValue> YamlCriteria::ReadFilter(const YamlNode& node, const DomainField& field,
                                                    std::string_view key) {
  switch (field.kind) {
    case FieldKind::kInteger:
    case FieldKind::kDecimal:
      return ReadRange(node, key);
    case FieldKind::kDate:
      return ReadDateRange(node, key);
    case FieldKind::kText:
      return ReadText(node, key);
    case FieldKind::kFlag:
      if (node.AsBool() == true) return true;
      faults_.Add(node, key, "expected true");
      return std::nullopt;
    case FieldKind::kConcepts: {
      ConceptList list;
      for (const YamlNode& item : node.items) {
        const auto id = Whole(item, -2147483648.0, 9e15);
        if (!id.has_value()) faults_.Add(item, key, "expected the number of a concept");
        list.concepts.push_back(id.value_or(0));
      }
      if (list.concepts.empty()) faults_.Add(node, key, "expected at least one concept");
      return list;
    }
    case FieldKind::kConceptSet:
    case FieldKind::kCodeset: {
      ConceptSetChoice choice;
      const YamlNode* inner = node.Find("not");
      choice.excluded = inner != nullptr;
      choice.concept_set = ReadSet(inner == nullptr ? node : *inner, key);
      return choice;
    }
  }
  return std::nullopt;
}

std::vector<Filter> YamlCriteria::ReadWhere(const YamlNode& node,
                                            std::span<const DomainField> fields) {
  std::vector<Filter> filters;
  std::vector<std::string> keys;
  for (const DomainField& field : fields) {
    const std::string key = YamlKey(field);
    keys.push_back(key);
    const YamlNode* value = node.Find(key);
    // One key for both: a list of concepts, or the name of a set.
    if (value == nullptr) continue;
    const bool is_list = value->kind == YamlNode::Kind::kList;
    if (field.kind == FieldKind::kConcepts && !is_list) continue;
    if (field.kind == FieldKind::kConceptSet && is_list) {
      const bool has_list = std::any_of(fields.begin(), fields.end(), [&](const DomainField& f) {
        return f.kind == FieldKind::kConcepts && YamlKey(f) == key;
      });
      if (has_list) continue;
    }
    if (auto read = ReadFilter(*value, field, key); read.has_value()) {
      filters.push_back({&field, *std::move(read)});
    }
  }
  CheckKeys(node, "where", keys, faults_);
  return filters;
}

Criterion YamlCriteria::ReadEvent(const YamlNode& node, const std::vector<std::string>& more,
                                  int depth) {
  Criterion criterion;
  const DomainInfo* info = nullptr;
  const YamlNode* of = nullptr;
  std::vector<std::string> keys = {"first", "source", "where", "having"};
  keys.insert(keys.end(), more.begin(), more.end());
  std::vector<std::string> domains;
  for (const DomainInfo& domain : Domains()) {
    domains.emplace_back(domain.yaml_key);
    const YamlNode* found = node.Find(domain.yaml_key);
    if (found == nullptr) continue;
    if (info != nullptr) faults_.Add(*found, domain.yaml_key, "a second domain in one event");
    info = &domain;
    of = found;
    keys.emplace_back(domain.yaml_key);
  }
  if (info == nullptr) {
    faults_.Add(node, "event",
                StrCat("expected one of ", absl::StrJoin(domains, ", "),
                       ", with the name of a concept set or any"));
    return criterion;
  }
  CheckKeys(node, "event", keys, faults_);
  criterion.domain = info->domain;
  const bool any = of->kind == YamlNode::Kind::kNull || (of->IsText() && of->text == "any");
  const bool is_period =
      info->domain == Domain::kObservationPeriod || info->domain == Domain::kPayerPlanPeriod;
  if (!any && is_period) {
    faults_.Add(*of, info->yaml_key, "expected any: this domain has no concepts");
  } else if (!any) {
    criterion.concept_set = ReadSet(*of, info->yaml_key);
  }
  if (const YamlNode* first = node.Find("first")) {
    if (!first->AsBool().has_value() || !info->has_first) {
      faults_.Add(*first, "first",
                  info->has_first ? "expected true or false"
                                  : "this domain has one event a person at most");
    }
    criterion.first = first->AsBool().value_or(false);
  }
  if (const YamlNode* source = node.Find("source")) {
    if (info->source_key.empty()) {
      faults_.Add(*source, "source", "this domain has no source concepts");
    } else {
      criterion.source_concept_set = ReadSet(*source, "source");
    }
  }
  if (const YamlNode* where = node.Find("where")) {
    criterion.filters = ReadWhere(*where, info->fields);
  }
  if (const YamlNode* having = node.Find("having")) {
    criterion.correlated.push_back(ReadGroup(*having, {}, depth + 1));
  }
  return criterion;
}

Window YamlCriteria::ReadWithin(const YamlNode& node) {
  Window window;
  window.start = {std::nullopt, -1};
  window.end = {std::nullopt, 1};
  if (node.kind != YamlNode::Kind::kList || node.items.size() != 2) {
    faults_.Add(node, "within",
                "expected two ends in days from the index, as [-365, 0]; start and "
                "end stand for the observation's");
    return window;
  }
  const auto end_of = [&](const YamlNode& end, Endpoint& endpoint) {
    if (end.IsText() && (end.text == "start" || end.text == "end")) {
      endpoint.sign = end.text == "start" ? -1 : 1;
      return;
    }
    endpoint.days = ReadDays(end, "within", -kDaysMax, kDaysMax);
    endpoint.sign = 1;
  };
  end_of(node.items[0], window.start);
  end_of(node.items[1], window.end);
  if (window.start.days.has_value() && window.end.days.has_value() &&
      *window.start.days > *window.end.days) {
    faults_.Add(node, "within", "the first end lies after the second");
  }
  return window;
}

CorrelatedCriterion YamlCriteria::ReadCorrelated(const YamlNode& node, int depth) {
  CorrelatedCriterion correlated;
  correlated.criterion = ReadEvent(
      node, {"within", "from", "times", "same_visit", "beyond_observation", "distinct"}, depth);
  correlated.start.start = {std::nullopt, -1};
  correlated.start.end = {std::nullopt, 1};
  if (const YamlNode* within = node.Find("within")) correlated.start = ReadWithin(*within);
  if (const YamlNode* from = node.Find("from")) {
    if (!from->IsText() || (from->text != "start" && from->text != "end")) {
      faults_.Add(*from, "from", "expected start or end, of the index event");
    }
    correlated.start.from_index_end = from->text == "end";
  }
  const auto flag = [&](const char* key, bool& value) {
    const YamlNode* at = node.Find(key);
    if (at == nullptr) return;
    if (!at->AsBool().has_value()) faults_.Add(*at, key, "expected true or false");
    value = at->AsBool().value_or(false);
  };
  flag("same_visit", correlated.same_visit);
  flag("beyond_observation", correlated.beyond_observation);
  flag("distinct", correlated.occurrence.distinct);
  if (correlated.occurrence.distinct) correlated.occurrence.column = "DOMAIN_CONCEPT";
  if (const YamlNode* times = node.Find("times")) {
    const NamedComparison* named = FindComparison(*times);
    Occurrence& occurrence = correlated.occurrence;
    if (named != nullptr && named->comparison == Comparison::kAtLeast) {
      occurrence.type = Occurrence::Type::kAtLeast;
    } else if (named != nullptr && named->comparison == Comparison::kAtMost) {
      occurrence.type = Occurrence::Type::kAtMost;
    } else if (named != nullptr && named->comparison == Comparison::kEqual) {
      occurrence.type = Occurrence::Type::kExactly;
    } else {
      faults_.Add(*times, "times", "expected {at_least: N}, {at_most: N} or {equal: N}");
      return correlated;
    }
    occurrence.count = ReadDays(First(*times), "times", 0, 1'000'000);
  }
  return correlated;
}

void YamlCriteria::ReadMember(const YamlNode& node, Group& group, int depth) {
  if (const YamlNode* person = node.Find("person")) {
    CheckKeys(node, "person", {"person"}, faults_);
    group.demographics.push_back({ReadWhere(*person, DemographicFields())});
    return;
  }
  for (const char* key : {"all", "any", "at_least", "at_most"}) {
    if (node.Find(key) == nullptr) continue;
    group.groups.push_back(ReadGroup(node, {}, depth + 1));
    return;
  }
  group.criteria.push_back(ReadCorrelated(node, depth));
}

Group YamlCriteria::ReadGroup(const YamlNode& node, const std::vector<std::string>& more,
                              int depth) {
  Group group;
  std::vector<std::string> keys = {"all", "any", "at_least", "at_most"};
  const YamlNode* body = nullptr;
  std::string type;
  for (const std::string& key : keys) {
    const YamlNode* found = node.Find(key);
    if (found == nullptr) continue;
    if (body != nullptr) faults_.Add(*found, key, "a second kind of group beside the first");
    body = found;
    type = key;
  }
  keys.insert(keys.end(), more.begin(), more.end());
  if (body == nullptr || depth > kGroupDepthMax) {
    faults_.Add(node, "group",
                body == nullptr ? "expected one of all, any, at_least, at_most, with a list"
                                : "nested too deep");
    return group;
  }
  CheckKeys(node, "group", keys, faults_);
  group.type = type == "all"        ? Group::Type::kAll
               : type == "any"      ? Group::Type::kAny
               : type == "at_least" ? Group::Type::kAtLeast
                                    : Group::Type::kAtMost;
  if (type.starts_with("at_")) {
    const YamlNode *count = body->Find("count"), *of = body->Find("of");
    if (count == nullptr || of == nullptr) {
      faults_.Add(*body, type, "expected {count: N, of: [...]}");
      return group;
    }
    CheckKeys(*body, type, {"count", "of"}, faults_);
    group.count = ReadDays(*count, "count", 0, kCriteriaMax);
    body = of;
  }
  if (body->kind != YamlNode::Kind::kList || body->items.empty()) {
    faults_.Add(*body, type, "expected a list of events, persons or groups");
    return group;
  }
  for (const YamlNode& item : body->items) ReadMember(item, group, depth);
  return group;
}

}  // namespace essaim::cohort
