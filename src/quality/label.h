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
#include "quality/snapshot.h"
#include "study/site_quality.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct QualityLabel {
  std::int64_t load_number = 0;  // the last load when it was made
  std::string as_of;             // YYYY-MM-DD, of the report
  std::int64_t made_at_ms = 0;
  QualityLevel levels[kCharacteristics] = {};
};

std::string_view KeyOf(Characteristic characteristic);  // of kQualityKeys

absl::Status StoreLabel(SqlEngine& engine, const QualityReport& report, std::int64_t made_at_ms);
// Oldest first.
absl::StatusOr<std::vector<QualityLabel>> Labels(SqlEngine& engine);

// What the site tells of its data: the last report's levels, and whether it was made since the last
// load. Without a report every level is kNotMeasured and the day empty.
absl::StatusOr<SiteQuality> CurrentLabel(SqlEngine& engine);

// Keeps the report: its labels, and in the snapshot its figures, for the next load and for studies
// with bounds of their own.
absl::Status StoreReport(SqlEngine& engine, const QualityReport& report, QualitySnapshot snapshot);

// `demands`: a key to "passed" or "to_watch". `bounds`: by metric id, in place of the bounds that
// the site's report used. kFailedPrecondition says what is below, or that the quality was not
// measured since the last load.
absl::Status CheckQuality(SqlEngine& engine, const std::map<std::string, std::string>& demands,
                          const std::map<std::string, QualityBound>& bounds);

}  // namespace essaim
