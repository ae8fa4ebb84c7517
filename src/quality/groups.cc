#include "quality/groups.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "omop/cdm.h"
#include "study/yaml_tree.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

using Names = std::vector<std::string>;

const Names kRegionFields = {
    "state", "county", "city", "zip", "country_source_value", "location_source_value"};
constexpr int kAgeLast = 150;

Names PersonFields() {
  Names names;
  for (const CdmField& field : FindCdmTable("person")->fields) {
    const bool grouping =
        absl::EndsWith(Av(field.name), "_concept_id") || field.name == "gender_source_value" ||
        field.name == "race_source_value" || field.name == "ethnicity_source_value" ||
        field.name == "care_site_id" || field.name == "year_of_birth";
    if (grouping) names.emplace_back(field.name);
  }
  return names;
}

void ReadName(const YamlNode& root, std::string_view key, const Names& known, YamlFaults& faults,
              std::string& into) {
  const YamlNode* node = root.Find(key);
  if (node == nullptr) return;
  if (!node->IsText() || std::ranges::find(known, node->text) == known.end()) {
    faults.Add(
        *node, key,
        absl::StrCat("is none of the fields that make groups", DidYouMean(node->text, known)));
  }
  into = node->text;
}

void ReadAges(const YamlNode& root, YamlFaults& faults, std::vector<int>& ages) {
  const YamlNode* node = root.Find("ages");
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::kList || node->items.empty() ||
      node->items.size() >= kGroupsMax)
    return faults.Add(*node, "ages", "expected a list of ages, as [18, 65]");
  for (const YamlNode& item : node->items) {
    const std::optional<double> age = item.AsNumber();
    if (!age.has_value() || *age != static_cast<int>(*age) || *age < 1 || *age > kAgeLast ||
        (!ages.empty() && *age <= ages.back()))
      return faults.Add(item, "ages", "expected whole years, each above the one before");
    ages.push_back(static_cast<int>(*age));
  }
}

}  // namespace

std::string GroupRule::name() const {
  if (!field.empty()) return field;
  if (!region.empty()) return region;
  if (!ages.empty()) return "age";
  return file.empty() ? "sex" : std::filesystem::path(file).filename().string();
}

absl::StatusOr<GroupRule> ReadGroupRule(const std::string& path) {
  GroupRule rule;
  if (path.empty()) return rule;
  if (!absl::EndsWithIgnoreCase(path, ".yaml") && !absl::EndsWithIgnoreCase(path, ".yml")) {
    // It is read when the tables are; that it is there is told before they are counted.
    ESSAIM_RETURN_IF_ERROR(OpenRowSource(path, nullptr).status());
    rule.file = path;
    return rule;
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits::kSchemaBytesMax));
  const absl::StatusOr<YamlNode> root = ParseYaml(text, limits::kSchemaBytesMax);
  if (!root.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, ":", root.status().message()));
  YamlFaults faults;
  if (CheckKeys(*root, "", {"field", "region", "ages"}, faults)) {
    if (root->keys.size() != 1) faults.Add(*root, "", "expected one of field, region and ages");
    ReadName(*root, "field", PersonFields(), faults, rule.field);
    ReadName(*root, "region", kRegionFields, faults, rule.region);
    ReadAges(*root, faults, rule.ages);
  }
  if (!faults.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ":", faults.ToStatus().message()));
  return rule;
}

}  // namespace essaim
