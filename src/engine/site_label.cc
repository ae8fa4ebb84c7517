#include "engine/site_label.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"

namespace essaim {

v1::QualityLabel LabelToWire(const SiteQuality& quality) {
  v1::QualityLabel label;
  for (const SiteLevel level : quality.levels)
    label.add_levels(static_cast<v1::QualityLevel>(static_cast<int>(level) + 1));
  std::uint32_t day = 0;
  if (absl::SimpleAtoi(absl::StrReplaceAll(quality.as_of, {{"-", ""}}), &day)) label.set_as_of(day);
  label.set_since_last_load(quality.since_last_load);
  return label;
}

absl::StatusOr<SiteQuality> LabelFromWire(const v1::QualityLabel& label) {
  SiteQuality quality;
  if (static_cast<std::size_t>(label.levels_size()) != quality.levels.size())
    return absl::InvalidArgumentError("sent a quality label that is not of seven levels");
  for (int i = 0; i < label.levels_size(); ++i) {
    const int level = label.levels(i);
    if (level < v1::QUALITY_LEVEL_PASSED || level > v1::QUALITY_LEVEL_NOT_MEASURED)
      return absl::InvalidArgumentError("sent a quality level that is none");
    quality.levels[static_cast<std::size_t>(i)] = static_cast<SiteLevel>(level - 1);
  }
  const std::uint32_t day = label.as_of();
  if (day != 0) {
    const std::uint32_t year = day / 10000, month = day / 100 % 100, of_month = day % 100;
    if (year < 1900 || year > 9999 || month < 1 || month > 12 || of_month < 1 || of_month > 31)
      return absl::InvalidArgumentError("sent a quality label of a day that is none");
    quality.as_of = absl::StrFormat("%04d-%02d-%02d", year, month, of_month);
  }
  quality.since_last_load = label.since_last_load();
  return quality;
}

absl::Status TakeLabel(const v1::Accepted& accepted, std::optional<SiteQuality>& into) {
  if (!accepted.has_quality()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(into, LabelFromWire(accepted.quality()));
  return absl::OkStatus();
}

}  // namespace essaim
