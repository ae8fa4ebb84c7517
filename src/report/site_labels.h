// The sites' quality labels beside a result: as a table for people, and as JSON.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "algo/result.h"
#include "study/site_quality.h"

namespace essaim {

using SiteLabels = std::map<std::string, SiteQuality>;  // by site

// A row a site: the seven levels, the day of its report, and whether it was loaded again since.
ResultTable LabelTable(const SiteLabels& labels);

// {"as_of": "2026-01-31", "since_last_load": true, "levels": {"volume": "passed", ...}}
nlohmann::json LabelJson(const SiteQuality& label);
// {"north": {...}, ...}
nlohmann::json LabelsJson(const SiteLabels& labels);
// What LabelJson made; nullopt if it is something else.
std::optional<SiteQuality> LabelOfJson(const nlohmann::json& json);
SiteLabels LabelsOfJson(const nlohmann::json& json);  // entries of another form are left out

}  // namespace essaim
