#include "cohort/extraction.h"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/circe.h"
#include "cohort/yaml_format.h"
#include "study/yaml_tree.h"

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
      column_ = {.column = person_.name, .levels = {}};
      ReadFrom(*from);
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
    } else if (node.Find("charlson") != nullptr) {
      CheckKeys(node, key_, {"charlson", "within"}, faults_);
      person_.kind = Kind::kCharlson;
      person_.window = {.from = std::nullopt, .to = 0};
      ReadWithin(node);
    } else if (const YamlNode* outcome = node.Find("outcome")) {
      ReadOutcome(node, *outcome);
    } else {
      ReadEvents(node);
    }
  }

  std::optional<std::int64_t> ConceptOf(const YamlNode& node) {
    std::int64_t id = 0;
    if (node.IsText() && absl::SimpleAtoi(node.text, &id) && id >= 0) return id;
    Fault(node, "expected a concept's number");
    return std::nullopt;
  }

  // {sex: 8532} for a boolean, {sex: {female: 8532, male: 8507}} for a category.
  void ReadSex(const YamlNode& node, const YamlNode& sex) {
    CheckKeys(node, key_, {"sex"}, faults_);
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
  void ReadTake(const YamlNode& node, std::initializer_list<std::pair<std::string_view, T>> choices,
                T& value) {
    const YamlNode* take = node.Find("take");
    if (take == nullptr) return;
    std::string names;
    for (const auto& [name, choice] : choices) {
      if (take->text == name) {
        value = choice;
        return;
      }
      absl::StrAppend(&names, names.empty() ? "" : ", ", Av(name));
    }
    faults_.Add(*take, key_ + ".take", absl::StrCat("expected one of ", names));
  }

  void ReadEvents(const YamlNode& node) {
    if (!ReadDomain(node, {"take", "within", "units"})) return;
    ReadWithin(node);
    if (person_.domain == Domain::kMeasurement && !IsCounted(node)) {
      person_.kind = Kind::kMeasurement;
      using Summary = PersonVariable::Summary;
      ReadTake<Summary>(node,
                        {{"last", Summary::kLast},
                         {"first", Summary::kFirst},
                         {"mean", Summary::kMean},
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
    person_.kind = variable_->kind == VariableKind::kBoolean ? Kind::kAny : Kind::kCount;
    ReadTake<Kind>(node,
                   {{"any", Kind::kAny}, {"count", Kind::kCount}, {"days_since", Kind::kDaysSince}},
                   person_.kind);
    if (variable_->kind == VariableKind::kCategory)
      Fault(node, "events give a boolean or a number, not a category");
    if ((variable_->kind == VariableKind::kBoolean) != (person_.kind == Kind::kAny))
      Fault(node, "any gives a boolean, count and days_since give a number");
  }

  static bool IsCounted(const YamlNode& node) {
    const YamlNode* take = node.Find("take");
    return take != nullptr &&
           (take->text == "any" || take->text == "count" || take->text == "days_since");
  }

  // {8876: 1, 9529: {factor: 2.2046, shift: 0}}: from a unit's concept to the variable's unit.
  void ReadUnits(const YamlNode& node) {
    const YamlNode* units = node.Find("units");
    if (units == nullptr) return;
    if (units->kind != YamlNode::Kind::kMap) {
      Fault(*units, "expected {UNIT_CONCEPT: FACTOR}");
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

  // {outcome: {condition: SET}, take: event|days, within: [1, end], horizon: 365}
  void ReadOutcome(const YamlNode& node, const YamlNode& outcome) {
    CheckKeys(node, key_, {"outcome", "take", "within", "horizon"}, faults_);
    if (!ReadDomain(outcome, {})) return;
    person_.kind = Kind::kOutcome;
    ReadWithin(node);
    bool days = variable_->kind != VariableKind::kBoolean;
    ReadTake<bool>(node, {{"event", false}, {"days", true}}, days);
    if (days == (variable_->kind == VariableKind::kBoolean) ||
        variable_->kind == VariableKind::kCategory)
      Fault(node, "take: event gives a boolean, days gives a number");
    column_.column = person_.name + (days ? "_days" : "_event");
    if (const YamlNode* horizon = node.Find("horizon")) {
      const auto n = horizon->AsNumber();
      if (!n.has_value() || std::floor(*n) != *n || *n < 1 || *n > kDaysMost) {
        Fault(*horizon, "expected a whole number of days");
      } else {
        person_.horizon_days = static_cast<int>(*n);
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

absl::StatusOr<Extraction> ParseExtraction(std::string_view yaml, const Schema& schema) {
  ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(yaml, limits::kStudyBytesMax));
  const YamlNode *cohort = root.Find("cohort"), *circe = root.Find("circe"),
                 *variables = root.Find("variables");
  YamlFaults faults;
  Extraction extraction;
  if ((cohort == nullptr) == (circe == nullptr)) {
    faults.Add(root, "cohort", "expected a cohort, or the JSON text of one as circe");
    return faults.ToStatus();
  }
  ESSAIM_ASSIGN_OR_RETURN(extraction.cohort,
                          cohort != nullptr ? ReadCohort(*cohort) : ParseCirce(circe->text));
  if (variables == nullptr || variables->items.size() != schema.size()) {
    faults.Add(root, "variables", "expected the variables of the study's schema");
    return faults.ToStatus();
  }
  FromReader(schema, extraction, faults).Read(*variables);
  ESSAIM_RETURN_IF_ERROR(faults.ToStatus());
  return extraction;
}

}  // namespace essaim::cohort
