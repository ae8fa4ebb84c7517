#include "study/schema_file.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "study/expression_parser.h"
#include "study/schema_reader.h"
#include "study/yaml_tree.h"

namespace essaim {
namespace {

using Texts = std::vector<std::string>;

bool IsVariableName(std::string_view name) {
  if (name.empty() || name.size() > limits::kNameBytesMax) return false;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9');
         });
}

// Reads one variable; every fault is told under "variables[i].key".
class VariableReader {
 public:
  VariableReader(const YamlNode& node, std::string key, const Texts& other_keys, YamlFaults& faults)
      : node_(node), key_(std::move(key)), other_keys_(other_keys), faults_(faults) {}

  bool Read(Variable& variable, SourceColumn& source) {
    Texts keys = {"name",   "type",    "unit", "description", "range",
                  "levels", "missing", "true", "false",       "source"};
    keys.insert(keys.end(), other_keys_.begin(), other_keys_.end());
    if (!CheckKeys(node_, key_, keys, faults_)) return false;
    variable.name = Text("name", true);
    if (!variable.name.empty()) key_ = absl::StrCat(key_, " (", variable.name.substr(0, 40), ")");
    if (!IsVariableName(variable.name)) {
      Fault("name", "expected letters, digits and _, not beginning with a digit");
    } else if (IsReservedWord(variable.name)) {
      Fault("name", "this word has a meaning in conditions, expected another");
    }
    variable.unit = Text("unit", false);
    variable.description = Text("description", false);
    source.name = node_.Find("source") == nullptr ? variable.name : Text("source", true);
    source.missing = Codes("missing", {""});
    ReadType(variable, source);
    return true;
  }

 private:
  const YamlNode& At(std::string_view key) const {
    const YamlNode* node = node_.Find(key);
    return node == nullptr ? node_ : *node;
  }

  void Fault(std::string_view key, std::string_view what) {
    faults_.Add(At(key), absl::StrCat(key_, ".", Av(key)), what);
  }

  std::string Text(std::string_view key, bool required) {
    const YamlNode* node = node_.Find(key);
    if (node != nullptr && node->IsText()) return node->text;
    if (node != nullptr) Fault(key, "expected a text");
    if (node == nullptr && required) Fault(key, "missing, expected a text");
    return "";
  }

  Texts Codes(std::string_view key, Texts otherwise) {
    const YamlNode* node = node_.Find(key);
    if (node == nullptr) return otherwise;
    return CodesOf(*node, key);
  }

  Texts CodesOf(const YamlNode& node, std::string_view key) {
    if (node.IsText()) return {node.text};
    Texts texts;
    if (node.kind != YamlNode::Kind::kList) Fault(key, "expected a text or a list of texts");
    for (const YamlNode& item : node.items) {
      if (!item.IsText() && item.kind != YamlNode::Kind::kNull) {
        faults_.Add(item, absl::StrCat(key_, ".", Av(key)), "expected a text");
      }
      texts.push_back(item.text);
    }
    return texts;
  }

  void Refuse(std::string_view key, std::string_view type) {
    if (node_.Find(key) != nullptr) {
      Fault(key, absl::StrCat("has no meaning for type ", Av(type), ", expected no such key"));
    }
  }

  void ReadType(Variable& variable, SourceColumn& source) {
    const std::string type = Text("type", true);
    if (type != "category") Refuse("levels", type);
    if (type != "boolean") {
      Refuse("true", type);
      Refuse("false", type);
    }
    if (type == "number" || type == "integer" || type == "date") {
      variable.kind = type == "number" ? VariableKind::kNumber : VariableKind::kInteger;
      source.is_date = type == "date";
      if (source.is_date) variable.unit = "d";
      ReadRange(variable, source.is_date);
    } else if (type == "boolean") {
      Refuse("range", type);
      variable.kind = VariableKind::kBoolean;
      source.codes = {Codes("false", {"false", "0"}), Codes("true", {"true", "1"})};
      CheckCodes(source, "true");
    } else if (type == "category") {
      Refuse("range", type);
      variable.kind = VariableKind::kCategory;
      ReadLevels(variable, source);
      CheckCodes(source, "levels");
    } else if (!type.empty()) {
      static const Texts kTypes = {"number", "integer", "boolean", "category", "date"};
      const std::string nearest = NearestName(type, kTypes);
      Fault("type", nearest.empty()
                        ? "unknown type, expected number, integer, boolean, category or date"
                        : absl::StrCat("unknown type, did you mean ", nearest, "?"));
    }
  }

  void ReadRange(Variable& variable, bool is_date) {
    const YamlNode* range = node_.Find("range");
    if (range == nullptr || range->kind != YamlNode::Kind::kList || range->items.size() != 2) {
      Fault("range", range == nullptr ? "missing, expected [lowest, highest]"
                                      : "expected [lowest, highest]");
      return;
    }
    double* bounds[] = {&variable.lower, &variable.upper};
    for (std::size_t i = 0; i < 2; ++i) {
      const YamlNode& item = range->items[i];
      const auto date = is_date ? ParseDate(item.text) : absl::InvalidArgumentError("");
      const auto number = item.AsNumber();
      if (date.ok()) {
        *bounds[i] = static_cast<double>(*date);
      } else if (number.has_value() && !is_date) {
        *bounds[i] = *number;
      } else {
        faults_.Add(
            item, key_ + ".range",
            is_date ? "not a date, expected YYYY-MM-DD" : "not a number, expected a number");
        return;
      }
    }
    if (variable.lower > variable.upper) Fault("range", "the lowest is above the highest");
    const bool whole = std::floor(variable.lower) == variable.lower &&
                       std::floor(variable.upper) == variable.upper;
    if (variable.kind == VariableKind::kInteger && !whole) Fault("range", "expected whole numbers");
  }

  void ReadLevels(Variable& variable, SourceColumn& source) {
    const YamlNode* levels = node_.Find("levels");
    if (levels == nullptr || levels->kind != YamlNode::Kind::kList || levels->items.empty()) {
      Fault("levels", "expected a list of levels, the first is the reference");
      return;
    }
    if (levels->items.size() > limits::kLevelsMax) {
      Fault("levels", absl::StrCat("too many levels, expected at most ", limits::kLevelsMax));
      return;
    }
    for (const YamlNode& item : levels->items) {
      if (item.IsText()) {
        variable.levels.push_back(item.text);
        source.codes.push_back({item.text});
        continue;
      }
      const YamlNode* name = item.Find("name");
      if (!CheckKeys(item, key_ + ".levels", {"name", "codes"}, faults_)) return;
      if (name == nullptr || !name->IsText()) {
        faults_.Add(item, key_ + ".levels", "expected a name, as in {name: III, codes: [3]}");
        return;
      }
      const YamlNode* codes = item.Find("codes");
      variable.levels.push_back(name->text);
      source.codes.push_back(codes == nullptr ? Texts{name->text} : CodesOf(*codes, "levels"));
    }
    for (const std::string& level : variable.levels) {
      if (level.empty() || level.size() > limits::kNameBytesMax) {
        Fault("levels",
              absl::StrCat("a level is empty or above ", limits::kNameBytesMax, " bytes"));
      }
    }
  }

  // One cell must have one meaning.
  void CheckCodes(const SourceColumn& source, std::string_view key) {
    std::map<std::string_view, std::size_t> seen;
    for (std::size_t level = 0; level < source.codes.size(); ++level) {
      for (const std::string& code : source.codes[level]) {
        if (!seen.emplace(code, level).second) {
          Fault(key, absl::StrCat("'", code, "' is written twice, expected one meaning a code"));
        }
        if (std::find(source.missing.begin(), source.missing.end(), code) != source.missing.end()) {
          Fault(key, absl::StrCat("'", code, "' is also a code for missing, expected one meaning"));
        }
      }
    }
  }

  const YamlNode& node_;
  std::string key_;
  const Texts& other_keys_;
  YamlFaults& faults_;
};

}  // namespace

absl::StatusOr<std::int64_t> ParseDate(std::string_view text) {
  const auto digits = [&](std::size_t from, std::size_t n) {
    int value = 0;
    for (std::size_t i = from; i < from + n; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const int y = digits(0, 4), m = digits(5, 2), d = digits(8, 2);
    if (y >= 1 && m >= 1 && d >= 1) {
      const std::chrono::year_month_day day{std::chrono::year(y),
                                            std::chrono::month(static_cast<unsigned>(m)),
                                            std::chrono::day(static_cast<unsigned>(d))};
      if (day.ok()) return std::chrono::sys_days(day).time_since_epoch().count();
    }
  }
  return absl::InvalidArgumentError("not a date, expected YYYY-MM-DD");
}

SchemaFile ReadVariables(const YamlNode& list, std::string_view key, YamlFaults& faults,
                         const Texts& other_keys) {
  SchemaFile file;
  if (list.kind != YamlNode::Kind::kList || list.items.empty()) {
    faults.Add(list, key, "expected a list of variables");
    return file;
  }
  if (list.items.size() > limits::kVariablesMax) {
    faults.Add(list, key,
               absl::StrCat("too many variables, expected at most ", limits::kVariablesMax));
    return file;
  }
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    Variable variable;
    SourceColumn source;
    VariableReader reader(list.items[i], absl::StrCat(Av(key), "[", i, "]"), other_keys, faults);
    if (!reader.Read(variable, source)) continue;
    variables.push_back(std::move(variable));
    file.sources.push_back(std::move(source));
  }
  if (!faults.empty()) return file;
  auto schema = Schema::Make(std::move(variables));
  if (!schema.ok()) {
    faults.Add(list, key, schema.status());
    return file;
  }
  file.schema = *std::move(schema);
  return file;
}

absl::StatusOr<SchemaFile> ParseSchemaFile(std::string_view yaml) {
  ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(yaml, limits::kSchemaBytesMax));
  YamlFaults faults;
  SchemaFile file;
  if (CheckKeys(root, "", {"variables", "title", "description"}, faults)) {
    const YamlNode* list = root.Find("variables");
    file = ReadVariables(list == nullptr ? root : *list, "variables", faults);
  }
  ESSAIM_RETURN_IF_ERROR(faults.ToStatus());
  return file;
}

std::string SchemaYaml(const Schema& schema, int indent) {
  const std::string pad(static_cast<std::size_t>(indent), ' ');
  std::string out;
  for (const Variable& v : schema.variables()) {
    static constexpr std::string_view kTypes[] = {"number", "integer", "boolean", "category"};
    absl::StrAppend(&out, pad, "- name: ", YamlQuote(v.name), "\n", pad,
                    "  type: ", Av(kTypes[static_cast<int>(v.kind)]), "\n");
    if (!v.unit.empty()) absl::StrAppend(&out, pad, "  unit: ", YamlQuote(v.unit), "\n");
    if (!v.description.empty()) {
      absl::StrAppend(&out, pad, "  description: ", YamlQuote(v.description), "\n");
    }
    if (v.kind == VariableKind::kNumber || v.kind == VariableKind::kInteger) {
      absl::StrAppend(&out, pad, "  range: [", YamlNumber(v.lower), ", ", YamlNumber(v.upper),
                      "]\n");
    } else if (v.kind == VariableKind::kCategory) {
      absl::StrAppend(&out, pad, "  levels: [");
      for (std::size_t i = 0; i < v.levels.size(); ++i) {
        absl::StrAppend(&out, i == 0 ? "" : ", ", YamlQuote(v.levels[i]));
      }
      absl::StrAppend(&out, "]\n");
    }
  }
  return out;
}

}  // namespace essaim
