#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "study/schema_reader.h"
#include "study/study_source.h"
#include "study/yaml_tree.h"

namespace essaim {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kTextBytesMax = 10'000;
constexpr std::string_view kThresholds = "thresholds";
constexpr std::string_view kNameRule = "expected 1 to 64 of a-z, 0-9 and -";

bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

class StudyReader {
 public:
  StudyReader(const YamlNode& root, const FileReader& read_file)
      : root_(root), read_file_(read_file) {}

  absl::StatusOr<Study> Read() {
    static const Texts kKeys = {"essaim", "name",    "title",    "purpose", "data",      "sites",
                                "cohort", "privacy", "analyses", "quality", "count_once"};
    if (CheckKeys(root_, "", kKeys, faults_)) {
      ReadVersion();
      study_.name = Name(root_, "", "name");
      study_.title = Text(root_, "", "title", false);
      study_.purpose = Text(root_, "", "purpose", false);
      ReadData();
      ReadSites();
      if (const YamlNode* privacy = root_.Find("privacy")) ReadPrivacy(*privacy);
      if (const YamlNode* quality = root_.Find("quality")) ReadQuality(*quality);
      if (const YamlNode* once = root_.Find("count_once")) ReadCountOnce(*once);
      if (const YamlNode* cohort = root_.Find("cohort")) ReadCohort(*cohort);
      ReadAnalyses();
    }
    ESSAIM_RETURN_IF_ERROR(faults_.ToStatus());
    study_.source = StudySource(study_);
    return std::move(study_);
  }

 private:
  static std::string Join(std::string_view parent, std::string_view key) {
    return absl::StrCat(Av(parent), parent.empty() ? "" : ".", Av(key));
  }

  std::string Text(const YamlNode& map, std::string_view parent, std::string_view key,
                   bool required) {
    const YamlNode* node = map.Find(key);
    if (node == nullptr) {
      if (required) faults_.Add(map, Join(parent, key), "missing, expected a text");
      return "";
    }
    if (!node->IsText() && node->kind != YamlNode::Kind::kNull) {
      faults_.Add(*node, Join(parent, key), "expected a text");
      return "";
    }
    if (node->text.size() > kTextBytesMax) {
      faults_.Add(*node, Join(parent, key),
                  absl::StrCat("too long, expected at most ", kTextBytesMax, " bytes"));
      return "";
    }
    return node->text;
  }

  std::string Name(const YamlNode& map, std::string_view parent, std::string_view key) {
    const YamlNode* node = map.Find(key);
    const std::string name = Text(map, parent, key, true);
    if (node != nullptr && node->IsText() && !IsPlainName(name)) {
      faults_.Add(*node, Join(parent, key), kNameRule);
    }
    return name;
  }

  void ReadVersion() {
    const YamlNode* node = root_.Find("essaim");
    if (node == nullptr || node->AsNumber() != 1.0) {
      faults_.Add(node == nullptr ? root_ : *node, "essaim",
                  "expected essaim: 1, the version of the format");
    }
  }

  void ReadData() {
    const YamlNode* data = root_.Find("data");
    if (data == nullptr) {
      faults_.Add(root_, "data", "missing, expected a map with set and schema, or with omop");
      return;
    }
    if (const YamlNode* omop = data->Find("omop")) return ReadOmop(*data, *omop);
    if (!CheckKeys(*data, "data", {"set", "schema"}, faults_)) return;
    study_.dataset = Name(*data, "data", "set");
    const YamlNode* schema = data->Find("schema");
    if (schema == nullptr) {
      faults_.Add(*data, "data.schema", "missing, expected a file's name or a list of variables");
      return;
    }
    if (schema->IsText()) {
      ReadSchemaFile(*schema);
      return;
    }
    YamlFaults faults;  // of their own, so that a fault elsewhere does not lose the schema
    study_.schema = ReadVariables(*schema, "data.schema", faults).schema;
    faults_.Add(faults);
  }

  // A file's name, or its text: a name has no line end.
  void ReadOmop(const YamlNode& data, const YamlNode& node) {
    if (!CheckKeys(data, "data", {"omop"}, faults_)) return;
    if (!node.IsText() || node.text.empty()) {
      faults_.Add(node, "data.omop", "expected a file's name, or its text");
      return;
    }
    std::string file = "data.omop";
    study_.omop = node.text;
    if (node.text.find('\n') == std::string::npos) {
      file = node.text;
      const absl::StatusOr<std::string> text =
          read_file_ == nullptr ? absl::FailedPreconditionError("files cannot be read here")
                                : read_file_(node.text);
      if (!text.ok()) {
        faults_.Add(node, "data.omop", text.status());
        return;
      }
      study_.omop = *text;
    }
    const auto schema = SchemaOfOmop(study_.omop);
    if (!schema.ok()) {
      faults_.Add(node, "data.omop", absl::StrCat("in ", file, ":\n", schema.status().message()));
      return;
    }
    study_.dataset = "omop";
    study_.schema = *schema;
  }

  static absl::StatusOr<Schema> SchemaOfOmop(const std::string& text) {
    ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, limits::kStudyBytesMax));
    YamlFaults faults;
    CheckKeys(root, "", {"cohort", "circe", "variables", "steps", "sites"}, faults);
    const YamlNode* list = root.Find("variables");
    SchemaFile file = ReadVariables(list == nullptr ? root : *list, "variables", faults, {"from"});
    std::vector<Variable> variables = file.schema.variables();
    for (const auto& [key, name] : {std::pair("steps", kStepVariable), {"sites", kSiteVariable}}) {
      const YamlNode* levels = root.Find(key);
      if (levels == nullptr) continue;
      Variable& variable = variables.emplace_back();
      variable.name = std::string(name);
      variable.kind = VariableKind::kCategory;
      for (const YamlNode& level : levels->items) variable.levels.push_back(level.text);
      if (levels->kind != YamlNode::Kind::kList || levels->items.empty())
        faults.Add(*levels, key, "expected a list of names");
    }
    ESSAIM_RETURN_IF_ERROR(faults.ToStatus());
    return Schema::Make(std::move(variables));
  }

  void ReadSchemaFile(const YamlNode& node) {
    if (read_file_ == nullptr) {
      faults_.Add(node, "data.schema", "files cannot be read here, expected a list of variables");
      return;
    }
    const auto text = read_file_(node.text);
    if (!text.ok()) {
      faults_.Add(node, "data.schema", text.status());
      return;
    }
    auto file = ParseSchemaFile(*text);
    if (!file.ok()) {
      faults_.Add(node, "data.schema",
                  absl::StrCat("in ", node.text, ":\n", file.status().message()));
      return;
    }
    study_.schema = std::move(file->schema);
  }

  void ReadSites() {
    const YamlNode* sites = root_.Find("sites");
    if (sites == nullptr || sites->kind != YamlNode::Kind::kList) {
      faults_.Add(sites == nullptr ? root_ : *sites, "sites", "expected a list of sites' names");
      return;
    }
    if (sites->items.size() < 2 || sites->items.size() > limits::kSitesMax) {
      faults_.Add(*sites, "sites",
                  absl::StrCat(sites->items.size(), " sites, expected 2 to ", limits::kSitesMax));
      return;
    }
    for (const YamlNode& item : sites->items) {
      if (!item.IsText() || !IsPlainName(item.text)) {
        faults_.Add(item, "sites", kNameRule);
      } else if (std::find(study_.sites.begin(), study_.sites.end(), item.text) !=
                 study_.sites.end()) {
        faults_.Add(item, "sites", absl::StrCat("'", item.text, "' is named twice"));
      }
      study_.sites.push_back(item.text);
    }
  }

  void ReadInteger(const YamlNode& map, std::string_view key, int lowest, int& value) {
    const YamlNode* node = map.Find(key);
    if (node == nullptr) return;
    const auto number = node->AsNumber();
    if (!number.has_value() || std::floor(*number) != *number || *number < lowest ||
        *number > 1e9) {
      faults_.Add(*node, Join("privacy", key),
                  absl::StrCat("expected a whole number, at least ", lowest));
      return;
    }
    value = static_cast<int>(*number);
  }

  void ReadPrivacy(const YamlNode& node) {
    static const Texts kKeys = {"minimum_cohort", "minimum_cell", "minimum_sites", "collusions",
                                "on_dropout"};
    if (!CheckKeys(node, "privacy", kKeys, faults_)) return;
    ReadInteger(node, "minimum_cohort", 1, study_.privacy.minimum_cohort);
    ReadInteger(node, "minimum_cell", 1, study_.privacy.minimum_cell);
    ReadInteger(node, "minimum_sites", 2, study_.privacy.minimum_sites);
    ReadInteger(node, "collusions", 0, study_.privacy.collusions);
    const YamlNode* dropout = node.Find("on_dropout");
    if (dropout != nullptr && dropout->text == "continue") {
      study_.privacy.on_dropout = Privacy::OnDropout::kContinue;
    } else if (dropout != nullptr && dropout->text != "wait") {
      faults_.Add(*dropout, "privacy.on_dropout", "expected wait or continue");
    }
    const YamlNode* sites = node.Find("minimum_sites");
    if (sites != nullptr && study_.privacy.minimum_sites > static_cast<int>(study_.sites.size())) {
      faults_.Add(*sites, "privacy.minimum_sites",
                  absl::StrCat("the study has ", study_.sites.size(), " sites, expected at most",
                               " as many"));
    }
  }

  void ReadQuality(const YamlNode& node) {
    Texts keys(kQualityKeys.begin(), kQualityKeys.end());
    keys.emplace_back(kThresholds);
    if (!CheckKeys(node, "quality", keys, faults_)) return;
    if (study_.omop.empty())
      faults_.Add(node, "quality", "is that of OMOP tables, expected data: {omop: ...}");
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      if (node.keys[i] == kThresholds) {
        ReadThresholds(node.items[i]);
        continue;
      }
      const std::string& level = node.items[i].text;
      if (level != "passed" && level != "to_watch")
        faults_.Add(node.items[i], Join("quality", node.keys[i]), "expected passed or to_watch");
      study_.quality[node.keys[i]] = level;
    }
    for (const auto& [id, bound] : study_.quality_bounds) {
      const std::string characteristic(CharacteristicOf(id));
      if (study_.quality.contains(characteristic)) continue;
      faults_.Add(*node.Find(kThresholds), Join("quality.thresholds", id),
                  absl::StrCat("is a figure of ", characteristic,
                               ", which the study does not demand: expected quality.",
                               characteristic, ": passed or to_watch"));
    }
  }

  // thresholds: {V7: {watch: 0.8, fail: 0.5}}
  void ReadThresholds(const YamlNode& node) {
    Texts ids;
    for (const QualityMetricId& metric : QualityMetricIds()) ids.emplace_back(metric.id);
    if (!CheckKeys(node, "quality.thresholds", ids, faults_)) return;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const QualityMetricId* const metric = FindQualityMetric(node.keys[i]);
      if (metric == nullptr) continue;  // CheckKeys has told
      const std::string key = Join("quality.thresholds", node.keys[i]);
      if (!CheckKeys(node.items[i], key, {"watch", "fail"}, faults_)) continue;
      QualityBound bound;
      for (const auto& [name, into] : {std::pair("watch", &bound.watch), {"fail", &bound.fail}}) {
        const YamlNode* at = node.items[i].Find(name);
        if (at == nullptr) continue;
        *into = at->AsNumber();
        if (!into->has_value()) faults_.Add(*at, Join(key, name), "expected a number");
      }
      const std::string fault = FaultOf(*metric, bound);
      if (!fault.empty()) faults_.Add(node.items[i], key, fault);
      study_.quality_bounds[node.keys[i]] = bound;
    }
  }

  void ReadCountOnce(const YamlNode& node) {
    study_.count_once = Name(root_, "", "count_once");
    if (study_.omop.empty())
      faults_.Add(node, "count_once",
                  "is by the linkage of OMOP tables, expected data: {omop: ...}");
  }

  std::string Condition(const YamlNode& map, std::string_view parent, std::string_view key) {
    const std::string text = Text(map, parent, key, false);
    const YamlNode* node = map.Find(key);
    if (node == nullptr || study_.schema.size() == 0) return text;
    const auto expression = Expression::Parse(text, study_.schema);
    if (!expression.ok()) faults_.Add(*node, Join(parent, key), expression.status());
    return text;
  }

  void ReadCohort(const YamlNode& node) {
    if (!CheckKeys(node, "cohort", {"include", "exclude"}, faults_)) return;
    study_.include_text = Condition(node, "cohort", "include");
    study_.exclude_text = Condition(node, "cohort", "exclude");
  }

  void ReadAnalyses() {
    const YamlNode* list = root_.Find("analyses");
    if (list == nullptr || list->kind != YamlNode::Kind::kList || list->items.empty()) {
      faults_.Add(list == nullptr ? root_ : *list, "analyses",
                  "expected a list of at least one analysis");
      return;
    }
    if (list->items.size() > limits::kAnalysesMax) {
      faults_.Add(*list, "analyses",
                  absl::StrCat("too many, expected at most ", limits::kAnalysesMax));
      return;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      ReadAnalysis(list->items[i], absl::StrCat("analyses[", i, "]"));
    }
  }

  void ReadAnalysis(const YamlNode& node, std::string key) {
    if (!CheckKeys(node, key, {"name", "algorithm", "model", "where", "parameters"}, faults_)) {
      return;
    }
    Analysis analysis;
    analysis.line = node.line;
    analysis.name = Name(node, key, "name");
    if (IsPlainName(analysis.name)) key = absl::StrCat(key, " (", analysis.name, ")");
    if (!names_.insert(analysis.name).second) {
      faults_.Add(node, Join(key, "name"), "another analysis has this name, expected a new one");
    }
    analysis.algorithm = Text(node, key, "algorithm", true);
    if (analysis.algorithm.size() > limits::kNameBytesMax) {
      faults_.Add(node, Join(key, "algorithm"), "too long, expected family/name");
    }
    analysis.model = Text(node, key, "model", false);
    if (!analysis.model.empty()) CheckModel(node, key, analysis.model);
    analysis.where_text = Condition(node, key, "where");
    const YamlNode* params = node.Find("parameters");
    if (params != nullptr && params->kind != YamlNode::Kind::kNull) {
      ReadParams(*params, Join(key, "parameters"), analysis.params);
    }
    study_.analyses.push_back(std::move(analysis));
  }

  void CheckModel(const YamlNode& node, std::string_view key, const std::string& model) {
    Texts earlier;
    for (const Analysis& a : study_.analyses) earlier.push_back(a.name);
    if (std::find(earlier.begin(), earlier.end(), model) != earlier.end()) return;
    faults_.Add(*node.Find("model"), Join(key, "model"),
                absl::StrCat("no earlier analysis has this name", DidYouMean(model, earlier),
                             ", expected the name of one above"));
  }

  void ReadParams(const YamlNode& node, const std::string& key, Params& params) {
    if (node.kind != YamlNode::Kind::kMap) {
      faults_.Add(node, key, "expected a map of parameters");
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      ReadParam(node.items[i], absl::StrCat(key, ".", node.keys[i]), params.values[node.keys[i]]);
    }
  }

  void ReadParam(const YamlNode& node, const std::string& key, ParamValue& value) {
    if (node.kind == YamlNode::Kind::kList) {
      value = ListValue(node, key);
    } else if (!node.IsText()) {
      faults_.Add(node, key, "expected a number, true, false, a text or a list");
    } else if (const auto truth = node.AsBool()) {
      value = *truth;
    } else if (const auto number = node.AsNumber()) {
      value = *number;
    } else {
      value = node.text;
    }
  }

  // Numbers if every item is one, else texts.
  ParamValue ListValue(const YamlNode& node, const std::string& key) {
    std::vector<double> numbers;
    Texts texts;
    for (const YamlNode& item : node.items) {
      if (!item.IsText()) faults_.Add(item, key, "expected numbers or texts in this list");
      texts.push_back(item.text);
      if (const auto number = item.AsNumber()) numbers.push_back(*number);
    }
    if (!texts.empty() && numbers.size() == texts.size()) return numbers;
    return texts;
  }

  const YamlNode& root_;
  const FileReader& read_file_;
  YamlFaults faults_;
  Study study_;
  std::set<std::string> names_;
};

}  // namespace

absl::StatusOr<Study> ParseStudy(std::string_view yaml, const FileReader& read_file) {
  ESSAIM_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(yaml, limits::kStudyBytesMax));
  return StudyReader(root, read_file).Read();
}

absl::StatusOr<Expression> CohortOf(const Study& study, const Analysis& analysis) {
  ESSAIM_ASSIGN_OR_RETURN(Expression cohort, Expression::Parse(study.include_text, study.schema));
  if (!study.exclude_text.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(const Expression exclude,
                            Expression::Parse(study.exclude_text, study.schema));
    cohort = Expression::And(cohort, Expression::Not(exclude));
  }
  if (!analysis.where_text.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(const Expression where,
                            Expression::Parse(analysis.where_text, study.schema));
    cohort = Expression::And(cohort, where);
  }
  return cohort;
}

}  // namespace essaim
