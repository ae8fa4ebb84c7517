// What a site says of its data's quality beside its part in a result, and what a study may demand
// of it: levels by characteristic, never a figure.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace essaim {

// The seven characteristics as studies write them, in the report's order.
inline constexpr std::array<std::string_view, 7> kQualityKeys = {
    "volume",          "consistency", "temporality", "heterogeneity", "representativeness",
    "confidentiality", "bias"};

enum class SiteLevel { kPassed, kToWatch, kFailed, kNotMeasured };

std::string_view NameOf(SiteLevel level);  // "passed", "to watch", "failed", "not measured"

// A site's label: of its last report.
struct SiteQuality {
  std::array<SiteLevel, kQualityKeys.size()> levels = {};
  std::string as_of;             // YYYY-MM-DD, of the report; empty if there is none
  bool since_last_load = false;  // whether the report was made after the site's last load
  bool operator==(const SiteQuality&) const = default;
};

// A figure of the report, by its id, and which way it is good.
struct QualityMetricId {
  std::string_view id;  // "V7"
  bool more_is_better;
};

std::span<const QualityMetricId> QualityMetricIds();
const QualityMetricId* FindQualityMetric(std::string_view id);  // null if there is none
std::string_view CharacteristicOf(std::string_view id);  // "volume" of "V7"; empty if there is none

// Beyond `watch` a figure is to be watched, beyond `fail` it has failed: below where more is
// better, else above.
struct QualityBound {
  std::optional<double> watch, fail;
  bool operator==(const QualityBound&) const = default;
};

// What is wrong with the bound of that metric; empty if nothing is.
std::string FaultOf(const QualityMetricId& metric, const QualityBound& bound);

}  // namespace essaim
