#include "cohort/variable_sources.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cohort/comorbidity.h"
#include "ucum/ucum.h"

namespace essaim::cohort {
namespace {

using Kind = PersonVariable::Kind;
using Texts = std::vector<std::string>;

constexpr int kDaysMost = 36'525;  // a century

// Reads where the variables come from.
class FromReader {
 public:
  FromReader(const Schema& schema, Extraction& extraction, YamlFaults& faults)
      : schema_(schema), extraction_(extraction), faults_(faults) {}

  void Read(const YamlNode& list) {
    for (std::size_t i = 0; i < list.items.size() && i < schema_.size(); ++i) {
      variable_ = &schema_.variables()[i];
      key_ = absl::StrCat("variables[", i, "] (", variable_->name, ").from");
      const YamlNode* from = list.items[i].Find("from");
      if (from == nullptr) {
        faults_.Add(list.items[i], key_, "missing, expected age, {sex: ...} or an event's domain");
        continue;
      }
      person_ = PersonVariable{.name = absl::StrCat("x", i)};
      column_ = {.column = person_.name, .levels = {}, .filler = std::nullopt};
      ReadFrom(*from);
      ReadMissing(*from);
      extraction_.variables.push_back(person_);
      extraction_.columns.push_back(column_);
    }
  }

 private:
  void Fault(const YamlNode& node, std::string_view what) { faults_.Add(node, key_, what); }

  void ReadFrom(const YamlNode& node) {
    if (node.IsText() && node.text == "age") {
      person_.kind = Kind::kAge;
    } else if (const YamlNode* sex = node.Find("sex")) {
      ReadSex(node, *sex);
    } else if (const YamlNode* charlson = node.Find("charlson")) {
      ReadComorbidity(node, *charlson, ComorbidityScheme::kCharlson);
    } else if (const YamlNode* elixhauser = node.Find("elixhauser")) {
      ReadComorbidity(node, *elixhauser, ComorbidityScheme::kElixhauser);
    } else if (const YamlNode* outcome = node.Find("outcome")) {
      ReadOutcome(node, *outcome);
    } else if (const YamlNode* order = node.Find("order")) {
      ReadOrder(node, *order);
    } else {
      ReadEvents(node);
    }
  }

  // missing: exclude, or a value in the place of none.
  void ReadMissing(const YamlNode& node) {
    const YamlNode* missing = node.Find("missing");
    if (missing == nullptr || missing->text == "keep") return;
    if (missing->text == "exclude") {
      column_.exclude_missing = true;
      return;
    }
    std::optional<double> value = missing->AsNumber();
    if (variable_->kind == VariableKind::kBoolean) {
      const auto truth = missing->AsBool();
      value = truth.has_value() ? std::optional<double>(*truth ? 1 : 0) : std::nullopt;
    } else if (variable_->kind == VariableKind::kCategory) {
      value.reset();
      for (std::size_t i = 0; i < variable_->levels.size(); ++i) {
        if (variable_->levels[i] == missing->text) value = static_cast<double>(i);
      }
    } else if (value.has_value() &&
               (*value < variable_->lower || *value > variable_->upper ||
                (variable_->kind == VariableKind::kInteger && std::floor(*value) != *value))) {
      value.reset();
    }
    if (!value.has_value()) {
      faults_.Add(*missing, key_ + ".missing",
                  "expected keep, exclude, or a value of the variable");
    }
    column_.filler = value;
  }

  // {charlson: true} for the score, {charlson: GROUP} for one group.
  void ReadComorbidity(const YamlNode& node, const YamlNode& what, ComorbidityScheme scheme) {
    const bool charlson = scheme == ComorbidityScheme::kCharlson;
    CheckKeys(node, key_,
              {charlson ? "charlson" : "elixhauser", "within", "codes", "weights", "missing"},
              faults_);
    person_.kind = charlson ? Kind::kCharlson : Kind::kElixhauser;
    person_.window = {.from = std::nullopt, .to = 0};
    ReadWithin(node);
    using Codes = PersonVariable::Codes;
    person_.codes = charlson ? Codes::kStandard : Codes::kIcd10;
    ReadChoice<Codes>(node, "codes", {{"icd10", Codes::kIcd10}, {"standard", Codes::kStandard}},
                      person_.codes);
    if (charlson) {
      ReadChoice<bool>(node, "weights", {{"charlson", false}, {"quan", true}},
                       person_.other_weights);
    } else {
      ReadChoice<bool>(node, "weights", {{"van_walraven", false}, {"count", true}},
                       person_.other_weights);
    }
    const bool is_boolean = variable_->kind == VariableKind::kBoolean;
    if (what.text != "true") {
      person_.group = FindGroup(scheme, what.text);
      std::string names;
      for (const ComorbidityGroup& group : GroupsOf(scheme))
        absl::StrAppend(&names, ", ", Av(group.name));
      if (person_.group < 0)
        Fault(what, absl::StrCat("expected true, or a group: ", names.substr(2)));
    }
    if (variable_->kind == VariableKind::kCategory || is_boolean != (what.text != "true"))
      Fault(what, "the score is a number, a group a boolean");
  }

  // {order: [{condition: a}, {drug: b}], take: before|days}
  void ReadOrder(const YamlNode& node, const YamlNode& order) {
    CheckKeys(node, key_, {"order", "take", "within", "missing"}, faults_);
    if (order.kind != YamlNode::Kind::kList || order.items.size() != 2) {
      Fault(order, "expected two events, as [{condition: A}, {drug: B}]");
      return;
    }
    if (!ReadDomain(order.items[1], {})) return;
    person_.then_domain = person_.domain;
    person_.then_concept_set = person_.concept_set;
    person_.concept_set.reset();
    if (!ReadDomain(order.items[0], {})) return;
    ReadWithin(node);
    const bool is_boolean = variable_->kind == VariableKind::kBoolean;
    person_.kind = is_boolean ? Kind::kOrder : Kind::kBetween;
    ReadChoice<Kind>(node, "take", {{"before", Kind::kOrder}, {"days", Kind::kBetween}},
                     person_.kind);
    if (variable_->kind == VariableKind::kCategory || is_boolean != (person_.kind == Kind::kOrder))
      Fault(node, "take: before gives a boolean, days gives a number");
  }

  std::optional<std::int64_t> ConceptOf(const YamlNode& node) {
    std::int64_t id = 0;
    if (node.IsText() && absl::SimpleAtoi(node.text, &id) && id >= 0) return id;
    Fault(node, "expected a concept's number");
    return std::nullopt;
  }

  // {sex: 8532} for a boolean, {sex: {female: 8532, male: 8507}} for a category.
  void ReadSex(const YamlNode& node, const YamlNode& sex) {
    CheckKeys(node, key_, {"sex", "missing"}, faults_);
    person_.kind = Kind::kSex;
    if (variable_->kind == VariableKind::kBoolean) {
      const auto concept_id = ConceptOf(sex);
      if (!concept_id.has_value()) return;
      // Female and male; anybody else's sex is not known.
      column_.levels = {{8507, 0.0}, {8532, 0.0}};
      column_.levels[*concept_id] = 1;
      return;
    }
    if (sex.kind != YamlNode::Kind::kMap || variable_->kind != VariableKind::kCategory) {
      Fault(sex, "expected a concept for a boolean, or {LEVEL: CONCEPT} for a category");
      return;
    }
    for (std::size_t i = 0; i < sex.items.size(); ++i) {
      std::size_t level = 0;
      while (level < variable_->levels.size() && variable_->levels[level] != sex.keys[i]) ++level;
      const auto concept_id = ConceptOf(sex.items[i]);
      if (level == variable_->levels.size()) {
        Fault(sex.items[i], absl::StrCat("the variable has no level '", sex.keys[i], "'"));
      } else if (concept_id.has_value()) {
        column_.levels[*concept_id] = static_cast<double>(level);
      }
    }
  }

  // {DOMAIN: SET|any, ...}: the domain and the set.
  bool ReadDomain(const YamlNode& node, const Texts& more) {
    Texts keys = more;
    const YamlNode* set = nullptr;
    for (const DomainInfo& info : Domains()) {
      keys.push_back(std::string(info.yaml_key));
      const YamlNode* found = node.Find(info.yaml_key);
      if (found == nullptr) continue;
      if (set != nullptr) {
        Fault(node, "expected one domain");
        return false;
      }
      set = found;
      person_.domain = info.domain;
    }
    if (!CheckKeys(node, key_, keys, faults_)) return false;
    if (set == nullptr) {
      Fault(node, "expected an event's domain, as {condition: SET}");
      return false;
    }
    if (set->text == "any") return true;
    for (const ConceptSet& known : extraction_.cohort.concept_sets) {
      if (!set->IsText() || known.name != set->text) continue;
      person_.concept_set = known.id;
      return true;
    }
    Fault(*set, "expected any, or the name of a concept set of the cohort");
    return false;
  }

  void ReadWithin(const YamlNode& node) {
    const YamlNode* within = node.Find("within");
    if (within == nullptr) return;
    if (within->kind != YamlNode::Kind::kList || within->items.size() != 2) {
      Fault(*within, "expected two days about the index, as [-365, 0]");
      return;
    }
    person_.window.from = ReadEnd(within->items[0], "start");
    person_.window.to = ReadEnd(within->items[1], "end");
    const auto& [from, to] = person_.window;
    if (from.has_value() && to.has_value() && *from > *to)
      Fault(*within, "the window ends before it starts");
  }

  std::optional<int> ReadEnd(const YamlNode& node, std::string_view edge) {
    if (node.text == edge) return std::nullopt;
    const auto days = node.AsNumber();
    if (days.has_value() && std::floor(*days) == *days && std::abs(*days) <= kDaysMost)
      return static_cast<int>(*days);
    Fault(node, absl::StrCat("expected a whole number of days, or ", Av(edge)));
    return std::nullopt;
  }

  template <typename T>
  void ReadChoice(const YamlNode& node, std::string_view key,
                  std::initializer_list<std::pair<std::string_view, T>> choices, T& value) {
    const YamlNode* found = node.Find(key);
    if (found == nullptr) return;
    std::string names;
    for (const auto& [name, choice] : choices) {
      if (found->text == name) {
        value = choice;
        return;
      }
      absl::StrAppend(&names, names.empty() ? "" : ", ", Av(name));
    }
    faults_.Add(*found, absl::StrCat(key_, ".", Av(key)), absl::StrCat("expected one of ", names));
  }

  void ReadEvents(const YamlNode& node) {
    if (!ReadDomain(node, {"take", "within", "units", "molar_mass", "gap", "missing"})) return;
    ReadWithin(node);
    using Summary = PersonVariable::Summary;
    const YamlNode* take = node.Find("take");
    if (person_.domain == Domain::kMeasurement && (take == nullptr || IsSummary(take->text))) {
      person_.kind = Kind::kMeasurement;
      ReadChoice<Summary>(node, "take",
                          {{"last", Summary::kLast},
                           {"first", Summary::kFirst},
                           {"mean", Summary::kMean},
                           {"median", Summary::kMedian},
                           {"min", Summary::kMin},
                           {"max", Summary::kMax}},
                          person_.summary);
      if (variable_->kind == VariableKind::kNumber || variable_->kind == VariableKind::kInteger) {
        person_.low = variable_->lower;
        person_.high = variable_->upper;
      } else {
        Fault(node, "a measurement's value is a number or an integer");
      }
      ReadUnits(node);
      return;
    }
    for (const char* key : {"units", "molar_mass"}) {
      if (node.Find(key) != nullptr) Fault(*node.Find(key), "of a measurement's value only");
    }
    person_.kind = variable_->kind == VariableKind::kBoolean ? Kind::kAny : Kind::kCount;
    ReadChoice<Kind>(node, "take",
                     {{"any", Kind::kAny},
                      {"count", Kind::kCount},
                      {"distinct", Kind::kDistinct},
                      {"days", Kind::kDays},
                      {"days_since", Kind::kDaysSince},
                      {"first_day", Kind::kFirstDay},
                      {"last_day", Kind::kLastDay},
                      {"stay", Kind::kStay},
                      {"readmissions", Kind::kReadmissions},
                      {"sites", Kind::kSites},
                      {"specialties", Kind::kSpecialties}},
                     person_.kind);
    if (const YamlNode* gap = node.Find("gap")) {
      const auto days = gap->AsNumber();
      if (person_.kind != Kind::kReadmissions || !days.has_value() || std::floor(*days) != *days ||
          *days < 1 || *days > kDaysMost) {
        Fault(*gap, "expected a whole number of days, of readmissions");
      } else {
        person_.gap_days = static_cast<int>(*days);
      }
    }
    if (variable_->kind == VariableKind::kCategory)
      Fault(node, "events give a boolean or a number, not a category");
    const bool is_boolean = variable_->kind == VariableKind::kBoolean;
    if (is_boolean && person_.kind == Kind::kReadmissions) return;  // one at least
    if (is_boolean != (person_.kind == Kind::kAny))
      Fault(node, "any gives a boolean, whatever else is taken a number");
  }

  static bool IsSummary(std::string_view take) {
    for (const std::string_view name : {"last", "first", "mean", "median", "min", "max"}) {
      if (name == take) return true;
    }
    return false;
  }

  // {8876: 1, 9529: {factor: 2.2046, shift: 0}}: from a unit's concept to the variable's unit.
  void ReadUnits(const YamlNode& node) {
    const YamlNode* units = node.Find("units");
    const YamlNode* mass = node.Find("molar_mass");
    if (mass != nullptr && (units == nullptr || units->text != "ucum"))
      Fault(*mass, "goes with units: ucum");
    if (units == nullptr) return;
    if (units->text == "ucum") {
      ReadUcum(*units, mass);
      return;
    }
    if (units->kind != YamlNode::Kind::kMap) {
      Fault(*units, "expected ucum, or {UNIT_CONCEPT: FACTOR}");
      return;
    }
    for (std::size_t i = 0; i < units->items.size(); ++i) {
      UnitConversion unit;
      const YamlNode& item = units->items[i];
      if (!absl::SimpleAtoi(units->keys[i], &unit.unit_concept_id))
        Fault(item, absl::StrCat("'", units->keys[i], "': expected a unit's concept"));
      const YamlNode* factor = item.kind == YamlNode::Kind::kMap ? item.Find("factor") : &item;
      const YamlNode* shift = item.Find("shift");
      if (item.kind == YamlNode::Kind::kMap) CheckKeys(item, key_, {"factor", "shift"}, faults_);
      const auto number = factor == nullptr ? std::optional<double>() : factor->AsNumber();
      if (!number.has_value() || *number == 0) Fault(item, "expected a factor other than 0");
      unit.factor = number.value_or(1);
      if (shift != nullptr && !shift->AsNumber().has_value()) Fault(*shift, "expected a number");
      if (shift != nullptr) unit.shift = shift->AsNumber().value_or(0);
      person_.units.push_back(unit);
    }
  }

  void ReadUcum(const YamlNode& units, const YamlNode* mass) {
    UcumTarget& target = person_.ucum.emplace();
    target.to = variable_->unit;
    const auto unit = ucum::ParseUnit(target.to);
    if (target.to.empty()) {
      Fault(units, "the variable has no unit to convert to");
    } else if (!unit.ok()) {
      Fault(units, std::string(unit.status().message()));
    }
    if (mass == nullptr) return;
    target.molar_mass = mass->AsNumber();
    if (!target.molar_mass.has_value() || *target.molar_mass <= 0 || *target.molar_mass > 1e8)
      Fault(*mass, "expected grams a mole, more than 0");
  }

  // {outcome: {condition: SET}, take: event|days, within: [1, end], horizon: 365}
  void ReadOutcome(const YamlNode& node, const YamlNode& outcome) {
    CheckKeys(node, key_, {"outcome", "take", "within", "horizon", "missing"}, faults_);
    if (!ReadDomain(outcome, {})) return;
    person_.kind = Kind::kOutcome;
    ReadWithin(node);
    if (const YamlNode* within = node.Find("within");
        within != nullptr &&
        (person_.window.from.value_or(-1) < 0 || person_.window.to.has_value()))
      Fault(*within,
            "expected [N, end] of an outcome, N of 0 or more: the horizon tells the days of "
            "follow-up");
    const VariableKind kind = variable_->kind;
    std::string take = kind == VariableKind::kBoolean    ? "event"
                       : kind == VariableKind::kCategory ? "status"
                                                         : "days";
    ReadChoice<std::string>(node, "take",
                            {{"event", "event"}, {"days", "days"}, {"status", "status"}}, take);
    const bool right = take == "event" ? kind == VariableKind::kBoolean
                       : take == "days"
                           ? kind != VariableKind::kBoolean && kind != VariableKind::kCategory
                           : kind == VariableKind::kInteger ||
                                 (kind == VariableKind::kCategory && variable_->levels.size() == 3);
    if (!right) {
      Fault(node,
            "take: event gives a boolean, days a number, status an integer or three levels "
            "(censored, the event, death before it)");
    }
    column_.column = absl::StrCat(person_.name, "_", take);
    if (const YamlNode* horizon = node.Find("horizon")) {
      const auto n = horizon->AsNumber();
      if (!n.has_value() || std::floor(*n) != *n || *n < 1 || *n > kDaysMost) {
        Fault(*horizon, "expected a whole number of days");
      } else {
        person_.horizon_days = static_cast<int>(*n);
        if (take == "days" && *n > variable_->upper)
          Fault(*horizon,
                "beyond the variable's range: persons followed for longer would be missing");
      }
    }
  }

  const Schema& schema_;
  Extraction& extraction_;
  YamlFaults& faults_;
  const Variable* variable_ = nullptr;
  std::string key_;
  PersonVariable person_;
  ExtractedColumn column_;
};

}  // namespace

void ReadSources(const YamlNode& variables, const Schema& schema, Extraction& extraction,
                 YamlFaults& faults) {
  FromReader(schema, extraction, faults).Read(variables);
}

}  // namespace essaim::cohort
