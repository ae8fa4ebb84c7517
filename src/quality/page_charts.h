// The page's charts as inline SVG: records by month, persons by age and sex beside the reference
// population, and the reports so far. Colours come from the page's style.
#pragma once

#include <string>
#include <vector>

#include "quality/label.h"
#include "quality/page_text.h"
#include "quality/profile.h"

namespace essaim {

// Each a section; months and history are empty where there is nothing to show.
std::string MonthsHtml(const SiteProfile& profile, const Words& words);
// With the strata and the groups of the report, to open.
std::string PersonsHtml(const SiteProfile& profile, const QualityReport& report,
                        const std::vector<Stratum>& reference, const Words& words);
std::string HistoryHtml(const std::vector<QualityLabel>& labels,
                        const std::vector<QualitySnapshot>& snapshots, const Words& words);

}  // namespace essaim
