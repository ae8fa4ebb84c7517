// The labels of a site's quality reports, kept with the tables that they are about: their history,
// and what a study may demand of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/characteristics.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct QualityLabel {
  std::int64_t load_number = 0;  // the last load when it was made
  std::string as_of;             // YYYY-MM-DD, of the report
  std::int64_t made_at_ms = 0;
  QualityLevel levels[kCharacteristics] = {};
};

// "volume", "consistency", "temporality", "heterogeneity", "representativeness",
// "confidentiality", "bias": as studies write them.
std::string_view KeyOf(Characteristic characteristic);

absl::Status StoreLabel(SqlEngine& engine, const QualityReport& report, std::int64_t made_at_ms);
// Oldest first.
absl::StatusOr<std::vector<QualityLabel>> Labels(SqlEngine& engine);

// `demands`: a key to "passed" or "to_watch". kFailedPrecondition says what is below, or that the
// quality was not measured since the last load.
absl::Status CheckQuality(SqlEngine& engine, const std::map<std::string, std::string>& demands);

}  // namespace essaim
