#include "report/site_labels.h"

#include <nlohmann/json.hpp>

namespace essaim {
namespace {

using Json = nlohmann::json;

std::optional<SiteLevel> LevelOf(const Json& json) {
  if (!json.is_string()) return std::nullopt;
  for (const SiteLevel level :
       {SiteLevel::kPassed, SiteLevel::kToWatch, SiteLevel::kFailed, SiteLevel::kNotMeasured}) {
    if (json.get_ref<const std::string&>() == NameOf(level)) return level;
  }
  return std::nullopt;
}

}  // namespace

ResultTable LabelTable(const SiteLabels& labels) {
  ResultTable table{.id = "site_quality",
                    .title = "Data quality, as the sites measured it",
                    .columns = {{.name = "site", .title = "Site", .kind = ColumnKind::kText}},
                    .rows = {},
                    .groups = {},
                    .hidden = {}};
  for (const std::string_view key : kQualityKeys) {
    std::string title(key);
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    table.columns.push_back(
        {.name = std::string(key), .title = std::move(title), .kind = ColumnKind::kText});
  }
  table.columns.push_back({.name = "as_of", .title = "As of", .kind = ColumnKind::kText});
  table.columns.push_back(
      {.name = "since_last_load", .title = "Since the last load", .kind = ColumnKind::kText});
  for (const auto& [site, label] : labels) {
    std::vector<Cell> row = {site};
    for (const SiteLevel level : label.levels) row.emplace_back(std::string(NameOf(level)));
    row.emplace_back(label.as_of);
    row.emplace_back(label.as_of.empty() ? "" : label.since_last_load ? "yes" : "no");
    table.rows.push_back(std::move(row));
  }
  return table;
}

Json LabelJson(const SiteQuality& label) {
  Json levels = Json::object();
  for (std::size_t i = 0; i < label.levels.size(); ++i)
    levels[std::string(kQualityKeys[i])] = NameOf(label.levels[i]);
  return {{"as_of", label.as_of}, {"since_last_load", label.since_last_load}, {"levels", levels}};
}

Json LabelsJson(const SiteLabels& labels) {
  Json json = Json::object();
  for (const auto& [site, label] : labels) json[site] = LabelJson(label);
  return json;
}

std::optional<SiteQuality> LabelOfJson(const Json& json) {
  if (!json.is_object() || !json.contains("levels") || !json["levels"].is_object())
    return std::nullopt;
  SiteQuality label;
  for (std::size_t i = 0; i < label.levels.size(); ++i) {
    const auto at = json["levels"].find(std::string(kQualityKeys[i]));
    if (at == json["levels"].end()) return std::nullopt;
    const std::optional<SiteLevel> level = LevelOf(*at);
    if (!level.has_value()) return std::nullopt;
    label.levels[i] = *level;
  }
  const auto as_of = json.find("as_of"), since = json.find("since_last_load");
  if (as_of != json.end() && as_of->is_string()) label.as_of = as_of->get<std::string>();
  if (since != json.end() && since->is_boolean()) label.since_last_load = since->get<bool>();
  return label;
}

SiteLabels LabelsOfJson(const Json& json) {
  SiteLabels labels;
  if (!json.is_object()) return labels;
  for (const auto& [site, entry] : json.items()) {
    if (const std::optional<SiteQuality> label = LabelOfJson(entry)) labels[site] = *label;
  }
  return labels;
}

}  // namespace essaim
