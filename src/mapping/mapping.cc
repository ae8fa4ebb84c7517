#include "mapping/mapping.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "study/yaml_tree.h"

namespace essaim::mapping {
namespace {

using Texts = std::vector<std::string>;

class Reader {
 public:
  absl::StatusOr<Mapping> Read(const YamlNode& root) {
    CheckKeys(root, "", {"mapping", "missing", "tables"}, faults_);
    const YamlNode* version = root.Find("mapping");
    if (version == nullptr || version->text != "1")
      faults_.Add(version == nullptr ? root : *version, "mapping",
                  "expected mapping: 1, the version of the format");
    mapping_.missing = {""};
    if (const YamlNode* missing = root.Find("missing"))
      mapping_.missing = TextsOf(*missing, "missing");
    const YamlNode* tables = root.Find("tables");
    if (tables == nullptr || tables->kind != YamlNode::Kind::kList || tables->items.empty()) {
      faults_.Add(tables == nullptr ? root : *tables, "tables", "expected a list of tables");
    } else {
      for (std::size_t i = 0; i < tables->items.size(); ++i)
        ReadTable(tables->items[i], absl::StrCat("tables[", i, "]"));
    }
    ESSAIM_RETURN_IF_ERROR(faults_.ToStatus());
    return std::move(mapping_);
  }

 private:
  // A text or a list of texts.
  Texts TextsOf(const YamlNode& node, const std::string& key) {
    Texts texts;
    if (node.IsText()) return {node.text};
    for (const YamlNode& item : node.items) {
      if (!item.IsText() && item.kind != YamlNode::Kind::kNull)
        faults_.Add(item, key, "expected a text");
      texts.push_back(item.text);
    }
    if (node.kind != YamlNode::Kind::kList) faults_.Add(node, key, "expected a text or a list");
    return texts;
  }

  std::string TextOf(const YamlNode& map, std::string_view name, const std::string& key) {
    const YamlNode* node = map.Find(name);
    if (node == nullptr) return "";
    if (!node->IsText()) faults_.Add(*node, absl::StrCat(key, ".", Av(name)), "expected a text");
    return node->text;
  }

  void ReadTable(const YamlNode& node, const std::string& key) {
    if (!CheckKeys(node, key, {"from", "to", "where", "fields", "identity"}, faults_)) return;
    TableMapping table;
    table.line = node.line;
    table.from = TextOf(node, "from", key);
    if (table.from.empty()) faults_.Add(node, key + ".from", "missing, expected a file's name");
    const std::string to = TextOf(node, "to", key);
    table.to = FindCdmTable(to);
    if (table.to == nullptr) {
      Texts names;
      for (const CdmTable& t : CdmTables()) names.emplace_back(t.name);
      faults_.Add(node, key + ".to", absl::StrCat("no table of the CDM", DidYouMean(to, names)));
      return;
    }
    const YamlNode* fields = node.Find("fields");
    if (fields == nullptr || fields->kind != YamlNode::Kind::kMap) {
      faults_.Add(node, key + ".fields", "expected a map of the table's fields");
      return;
    }
    for (std::size_t i = 0; i < fields->items.size(); ++i)
      ReadRule(*table.to, fields->keys[i], fields->items[i], key, table.rules);
    for (const CdmField& field : table.to->fields) {
      if (!field.required || fields->Find(field.name) != nullptr) continue;
      faults_.Add(*fields, absl::StrCat(key, ".fields.", Av(field.name)),
                  "missing, and the CDM requires it");
    }
    if (const YamlNode* where = node.Find("where")) {
      if (where->kind != YamlNode::Kind::kMap)
        faults_.Add(*where, key + ".where", "expected {COLUMN: [VALUES]}");
      for (std::size_t i = 0; i < where->keys.size(); ++i)
        table.where[where->keys[i]] = TextsOf(where->items[i], key + ".where");
    }
    if (const YamlNode* identity = node.Find("identity")) {
      const std::string at = key + ".identity";
      CheckKeys(*identity, at,
                {"value", "family_name", "given_names", "birth_date", "sex", "address", "postcode",
                 "phone", "email"},
                faults_);
      table.identity = IdentityRule{.value = TextOf(*identity, "value", at),
                                    .family_name = TextOf(*identity, "family_name", at),
                                    .given_names = TextOf(*identity, "given_names", at),
                                    .birth_date = TextOf(*identity, "birth_date", at),
                                    .sex = TextOf(*identity, "sex", at),
                                    .address = TextOf(*identity, "address", at),
                                    .postcode = TextOf(*identity, "postcode", at),
                                    .phone = TextOf(*identity, "phone", at),
                                    .email = TextOf(*identity, "email", at)};
      if (table.to->name != "person")
        faults_.Add(*identity, at, "stands with the table person only");
    }
    mapping_.tables.push_back(std::move(table));
  }

  void ReadRule(const CdmTable& table, const std::string& name, const YamlNode& node,
                const std::string& parent, std::vector<Rule>& rules) {
    const std::string key = absl::StrCat(parent, ".fields.", name);
    Rule rule;
    rule.line = node.line;
    rule.field = table.Field(name);
    if (rule.field == nullptr) {
      Texts names;
      for (const CdmField& f : table.fields) names.emplace_back(f.name);
      faults_.Add(node, key, absl::StrCat("no field of ", Av(table.name), DidYouMean(name, names)));
      return;
    }
    if (node.IsText()) {  // a column's name alone
      rule.kind = Rule::Kind::kColumn;
      rule.columns = {node.text};
      rules.push_back(std::move(rule));
      return;
    }
    ReadKind(node, key, rule);
    ReadSteps(node, key, rule);
    rules.push_back(std::move(rule));
  }

  void ReadKind(const YamlNode& node, const std::string& key, Rule& rule) {
    if (const YamlNode* value = node.Find("value")) {
      CheckKeys(node, key, {"value"}, faults_);
      rule.kind = Rule::Kind::kValue;
      rule.text = value->text;
    } else if (node.Find("column") != nullptr) {
      CheckKeys(node, key, {"column", "values", "otherwise", "date", "part", "decimal", "times"},
                faults_);
      rule.kind = Rule::Kind::kColumn;
      rule.columns = {TextOf(node, "column", key)};
    } else if (node.Find("id") != nullptr) {
      CheckKeys(node, key, {"id", "of"}, faults_);
      rule.kind = Rule::Kind::kId;
      rule.text = TextOf(node, "id", key);
      const YamlNode* of = node.Find("of");
      if (of == nullptr) {
        faults_.Add(node, key + ".of", "missing, expected a column or a list of columns");
      } else {
        rule.columns = TextsOf(*of, key + ".of");
      }
    } else if (node.Find("pseudonym") != nullptr) {
      CheckKeys(node, key, {"pseudonym"}, faults_);
      rule.kind = Rule::Kind::kPseudonym;
      rule.columns = {TextOf(node, "pseudonym", key)};
    } else if (node.Find("concept") != nullptr) {
      CheckKeys(node, key, {"concept", "vocabulary", "source", "values", "otherwise"}, faults_);
      rule.kind = Rule::Kind::kConcept;
      rule.columns = {TextOf(node, "concept", key)};
      rule.text = TextOf(node, "vocabulary", key);
      if (rule.text.empty())
        faults_.Add(node, key + ".vocabulary", "missing, expected a vocabulary_id, as ICD10");
      if (const YamlNode* source = node.Find("source"))
        rule.source_concept = source->AsBool().value_or(false);
    } else {
      faults_.Add(node, key,
                  "expected a column's name, or one of value, column, id, pseudonym, concept");
    }
  }

  void ReadSteps(const YamlNode& node, const std::string& key, Rule& rule) {
    if (const YamlNode* values = node.Find("values")) {
      if (values->kind != YamlNode::Kind::kMap || values->keys.empty())
        faults_.Add(*values, key + ".values", "expected {CELL: VALUE}");
      for (std::size_t i = 0; i < values->keys.size(); ++i)
        rule.values[values->keys[i]] = values->items[i].text;
    }
    if (const YamlNode* otherwise = node.Find("otherwise")) rule.otherwise = otherwise->text;
    rule.date_format = TextOf(node, "date", key);
    rule.part = TextOf(node, "part", key);
    if (!rule.part.empty() && rule.part != "year" && rule.part != "month" && rule.part != "day")
      faults_.Add(node, key + ".part", "expected year, month or day");
    const std::string decimal = TextOf(node, "decimal", key);
    if (!decimal.empty() && decimal != "," && decimal != ".")
      faults_.Add(node, key + ".decimal", "expected \",\" or \".\"");
    if (!decimal.empty()) rule.decimal = decimal[0];
    const YamlNode* times = node.Find("times");
    if (times == nullptr) return;
    CheckKeys(*times, key + ".times", {"column", "values"}, faults_);
    rule.times_column = TextOf(*times, "column", key + ".times");
    const YamlNode* factors = times->Find("values");
    if (rule.times_column.empty() || factors == nullptr || factors->kind != YamlNode::Kind::kMap) {
      faults_.Add(*times, key + ".times", "expected {column: UNIT, values: {CELL: FACTOR}}");
      return;
    }
    for (std::size_t i = 0; i < factors->keys.size(); ++i) {
      const auto factor = factors->items[i].AsNumber();
      if (!factor.has_value()) faults_.Add(factors->items[i], key + ".times", "expected a number");
      rule.times[factors->keys[i]] = factor.value_or(1);
    }
  }

  YamlFaults faults_;
  Mapping mapping_;
};

}  // namespace

absl::StatusOr<Mapping> ParseMapping(std::string_view yaml) {
  ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(yaml, limits::kSchemaBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(Mapping mapping, Reader().Read(root));
  mapping.text = std::string(yaml);
  return mapping;
}

}  // namespace essaim::mapping
