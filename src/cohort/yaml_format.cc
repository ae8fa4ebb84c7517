#include "cohort/yaml_format.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cohort/circe.h"
#include "cohort/yaml_criteria.h"
#include "study/yaml_tree.h"

namespace essaim::cohort {
namespace {

class Reader {
 public:
  absl::StatusOr<Definition> Read(const YamlNode& root);

 private:
  void ReadConceptSets(const YamlNode& node);
  void ReadItems(const YamlNode& node, const std::string& name, ConceptSet& set);
  void ReadEntry(const YamlNode& node);
  void ReadRules(const YamlNode& node, bool exclude);
  void ReadWashout(const YamlNode& node);
  void ReadExit(const YamlNode& node);
  void ReadExitDays(const YamlNode& node);
  void ReadDrugEra(const YamlNode& node);
  Limit ReadKeep(const YamlNode& node);

  Definition definition_;
  std::map<std::string, int> sets_;
  YamlFaults faults_;
  YamlCriteria criteria_{sets_, faults_};
};

void Reader::ReadItems(const YamlNode& node, const std::string& name, ConceptSet& set) {
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    faults_.Add(node, name,
                "expected a list of concepts, as [201826, {id: 201254, exclude: true}]");
    return;
  }
  for (const YamlNode& item : node.items) {
    const bool is_map = item.kind == YamlNode::Kind::kMap;
    if (is_map) CheckKeys(item, name, {"id", "descendants", "exclude", "mapped"}, faults_);
    const YamlNode* id = is_map ? item.Find("id") : &item;
    const std::optional<double> number = id == nullptr ? std::nullopt : id->AsNumber();
    if (!number.has_value() || *number != std::floor(*number) || std::abs(*number) > 9e15) {
      faults_.Add(item, name, "expected the number of a concept, or {id: NUMBER}");
      continue;
    }
    ConceptSetItem& out = set.items.emplace_back();
    out.concept_id = static_cast<std::int64_t>(*number);
    out.descendants = true;
    const auto flag = [&](const char* key, bool& value) {
      const YamlNode* at = item.Find(key);
      if (at == nullptr) return;
      if (!at->AsBool().has_value()) faults_.Add(*at, key, "expected true or false");
      value = at->AsBool().value_or(value);
    };
    flag("descendants", out.descendants);
    flag("exclude", out.excluded);
    flag("mapped", out.mapped);
  }
}

void Reader::ReadConceptSets(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) {
    faults_.Add(node, "concepts", "expected concept sets by their names");
    return;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& name = node.keys[i];
    ConceptSet& set = definition_.concept_sets.emplace_back();
    set.id = static_cast<int>(i);
    set.name = name;
    if (name == "any") faults_.Add(node.items[i], name, "any is no name for a concept set");
    sets_[name] = set.id;
    ReadItems(node.items[i], name, set);
  }
}

Limit Reader::ReadKeep(const YamlNode& node) {
  if (node.IsText() && node.text == "all") return Limit::kAll;
  if (node.IsText() && node.text == "last") return Limit::kLast;
  if (!node.IsText() || node.text != "first") {
    faults_.Add(node, "keep", "expected first, last or all");
  }
  return Limit::kFirst;
}

void Reader::ReadEntry(const YamlNode& node) {
  CheckKeys(node, "entry", {"events", "observed", "keep"}, faults_);
  const YamlNode* events = node.Find("events");
  if (events == nullptr || events->kind != YamlNode::Kind::kList || events->items.empty()) {
    faults_.Add(events == nullptr ? node : *events, "events",
                "expected a list of events, as [{condition: diabetes}]");
  } else {
    for (const YamlNode& event : events->items) {
      definition_.entry.push_back(criteria_.ReadEvent(event, {}, 0));
    }
  }
  if (const YamlNode* observed = node.Find("observed")) {
    CheckKeys(*observed, "observed", {"before", "after"}, faults_);
    if (const YamlNode* before = observed->Find("before")) {
      definition_.days_before = criteria_.ReadDays(*before, "before", 0, kDaysMax);
    }
    if (const YamlNode* after = observed->Find("after")) {
      definition_.days_after = criteria_.ReadDays(*after, "after", 0, kDaysMax);
    }
  }
  definition_.entry_limit = Limit::kAll;
  if (const YamlNode* keep = node.Find("keep")) definition_.entry_limit = ReadKeep(*keep);
}

// No entry event in so many days before.
void Reader::ReadWashout(const YamlNode& node) {
  const int days = criteria_.ReadDays(node, "washout", 1, kDaysMax);
  InclusionRule& rule = definition_.rules.emplace_back();
  rule.name = absl::StrCat("no entry event in the ", days, " days before");
  for (const Criterion& criterion : definition_.entry) {
    CorrelatedCriterion& none = rule.group.criteria.emplace_back();
    none.criterion = criterion;
    none.criterion.first = false;
    none.start.start = {-days, 1};
    none.start.end = {-1, 1};
    none.occurrence.type = Occurrence::Type::kExactly;
    none.occurrence.count = 0;
  }
}

void Reader::ReadRules(const YamlNode& node, bool exclude) {
  const char* key = exclude ? "exclude" : "include";
  if (node.kind != YamlNode::Kind::kList) {
    faults_.Add(node, key,
                "expected a list of rules, each with a name and all, any, at_least or "
                "at_most");
    return;
  }
  for (const YamlNode& item : node.items) {
    InclusionRule& rule = definition_.rules.emplace_back();
    const YamlNode* name = item.Find("name");
    if (name == nullptr || !name->IsText()) {
      faults_.Add(item, "name", "expected a text: the attrition shows it");
    } else {
      rule.name = absl::StrCat(exclude ? "not: " : "", name->text);  // the attrition shows it
    }
    rule.group = criteria_.ReadGroup(item, {"name"}, 0);
    if (!exclude) continue;
    Group none;  // of the one group
    none.type = Group::Type::kAtMost;
    none.groups.push_back(std::move(rule.group));
    rule.group = std::move(none);
  }
}

void Reader::ReadExitDays(const YamlNode& node) {
  CheckKeys(node, "exit", {"days", "after"}, faults_);
  DateOffset offset;
  offset.days = criteria_.ReadDays(*node.Find("days"), "days", -kDaysMax, kDaysMax);
  if (const YamlNode* after = node.Find("after")) {
    if (!after->IsText() || (after->text != "start" && after->text != "end")) {
      faults_.Add(*after, "after", "expected start or end, of the entry event");
    }
    offset.from_end = after->text == "end";
  }
  definition_.exit = offset;
}

void Reader::ReadDrugEra(const YamlNode& node) {
  CheckKeys(node, "exit", {"drug_era", "gap", "offset", "days_supply"}, faults_);
  DrugEraExit exit;
  exit.concept_set = criteria_.ReadSet(*node.Find("drug_era"), "drug_era");
  if (const YamlNode* gap = node.Find("gap")) {
    exit.gap_days = criteria_.ReadDays(*gap, "gap", 0, kDaysMax);
  }
  if (const YamlNode* offset = node.Find("offset")) {
    exit.offset = criteria_.ReadDays(*offset, "offset", -kDaysMax, kDaysMax);
  }
  if (const YamlNode* supply = node.Find("days_supply")) {
    exit.days_supply = criteria_.ReadDays(*supply, "days_supply", 0, kDaysMax);
  }
  definition_.exit = exit;
}

void Reader::ReadExit(const YamlNode& node) {
  if (node.IsText() && node.text == "observation") return;
  if (node.Find("days") != nullptr) return ReadExitDays(node);
  if (node.Find("drug_era") != nullptr) return ReadDrugEra(node);
  faults_.Add(node, "exit",
              "expected observation, {days: N, after: start} or {drug_era: SET, gap: N}");
}

absl::StatusOr<Definition> Reader::Read(const YamlNode& root) {
  CheckKeys(root, "",
            {"cohort", "concepts", "entry", "washout", "include", "exclude", "keep", "exit",
             "censor", "era_gap", "window"},
            faults_);
  if (const YamlNode* name = root.Find("cohort"); name != nullptr && name->IsText()) {
    definition_.name = name->text;
  } else {
    faults_.Add(root, "cohort", "expected the cohort's name");
  }
  if (const YamlNode* concepts = root.Find("concepts")) ReadConceptSets(*concepts);
  if (const YamlNode* entry = root.Find("entry")) {
    ReadEntry(*entry);
  } else {
    faults_.Add(root, "entry", "expected the events that let a person in");
  }
  if (const YamlNode* washout = root.Find("washout")) ReadWashout(*washout);
  if (const YamlNode* include = root.Find("include")) ReadRules(*include, false);
  if (const YamlNode* exclude = root.Find("exclude")) ReadRules(*exclude, true);
  if (const YamlNode* keep = root.Find("keep")) definition_.limit = ReadKeep(*keep);
  if (const YamlNode* exit = root.Find("exit")) ReadExit(*exit);
  if (const YamlNode* censor = root.Find("censor")) {
    for (const YamlNode& event : censor->items) {
      definition_.censoring.push_back(criteria_.ReadEvent(event, {}, 0));
    }
    if (censor->kind != YamlNode::Kind::kList) {
      faults_.Add(*censor, "censor", "expected a list of events");
    }
  }
  if (const YamlNode* gap = root.Find("era_gap")) {
    definition_.era_gap = criteria_.ReadDays(*gap, "era_gap", 0, kDaysMax);
  }
  if (const YamlNode* window = root.Find("window")) {
    CheckKeys(*window, "window", {"from", "until"}, faults_);
    if (const YamlNode* from = window->Find("from")) {
      definition_.censor_start = criteria_.ReadDate(*from, "from");
    }
    if (const YamlNode* until = window->Find("until")) {
      definition_.censor_end = criteria_.ReadDate(*until, "until");
    }
  }
  if (!faults_.empty()) return faults_.ToStatus();
  return std::move(definition_);
}

}  // namespace

absl::StatusOr<Definition> ParseCohortYaml(std::string_view text) {
  ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, kCohortBytesMax));
  return ReadCohort(root);
}

absl::StatusOr<Definition> ReadCohort(const YamlNode& node) { return Reader().Read(node); }

}  // namespace essaim::cohort
