#include "study/site_quality.h"

#include <algorithm>

namespace essaim {
namespace {

constexpr QualityMetricId kMetrics[] = {
    {"V1", true},   {"V2", true},   {"V3", true},  {"V4", false}, {"V5", true},   {"V6", true},
    {"V7", true},   {"C1", false},  {"C2", false}, {"C3", false}, {"C4", false},  {"C5", false},
    {"C6", false},  {"C7", false},  {"C8", false}, {"C9", false}, {"C10", false}, {"C11", false},
    {"C12", false}, {"C13", false}, {"T1", false}, {"T2", false}, {"T3", false},  {"T4", false},
    {"T5", false},  {"T6", false},  {"T7", false}, {"T8", false}, {"H1", true},   {"H2", false},
    {"H3", false},  {"H4", false},  {"R1", false}, {"R2", false}, {"R3", true},   {"R4", false},
    {"R5", false},  {"R6", false},  {"S1", true},  {"S2", false}, {"S3", false},  {"S4", false},
    {"S5", false},  {"S6", false},  {"B1", true},  {"B2", false}, {"B3", true},   {"B4", false},
    {"B5", true},   {"B6", false},  {"B7", false}};

}  // namespace

std::string_view NameOf(SiteLevel level) {
  constexpr std::string_view kNames[] = {"passed", "to watch", "failed", "not measured"};
  return kNames[static_cast<int>(level)];
}

std::span<const QualityMetricId> QualityMetricIds() { return kMetrics; }

const QualityMetricId* FindQualityMetric(std::string_view id) {
  const auto* at = std::ranges::find(kMetrics, id, &QualityMetricId::id);
  return at == std::end(kMetrics) ? nullptr : at;
}

std::string_view CharacteristicOf(std::string_view id) {
  constexpr std::string_view kLetters = "VCTHRSB";  // in the order of kQualityKeys
  const std::size_t at = id.empty() ? std::string_view::npos : kLetters.find(id[0]);
  return at == std::string_view::npos ? std::string_view() : kQualityKeys[at];
}

std::string FaultOf(const QualityMetricId& metric, const QualityBound& bound) {
  if (!bound.watch.has_value() && !bound.fail.has_value()) return "expected watch, fail or both";
  if (!bound.watch.has_value() || !bound.fail.has_value()) return "";
  if (metric.more_is_better && *bound.watch < *bound.fail)
    return "more is better: watch is expected to be at least fail";
  if (!metric.more_is_better && *bound.watch > *bound.fail)
    return "less is better: watch is expected to be at most fail";
  return "";
}

}  // namespace essaim
