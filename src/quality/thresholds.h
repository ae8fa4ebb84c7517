// A site's own thresholds in place of the published ones: of figures and of the checks.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "study/site_quality.h"

namespace essaim {

struct OwnThreshold {
  QualityBound bound;
  std::string source;  // why, as the site wrote it; "the site's own" if it wrote nothing
};

struct SiteThresholds {
  std::map<std::string, OwnThreshold> metrics;  // by metric id
  // Per cent of violating rows that are allowed: by check id, or by kind ("isRequired") for all of
  // its checks. A check's own goes before its kind's.
  std::map<std::string, double, std::less<>> checks;
};

// `path`: a .yaml, `V7: {watch: 0.8, fail: 0.5, source: protocol 4.2}`, or a CSV file with the
// columns id,watch,fail and perhaps source; empty: none. A check has fail alone. kInvalidArgument
// with file and line: an id that is none names the nearest.
absl::StatusOr<SiteThresholds> ReadThresholds(const std::string& path);

}  // namespace essaim
