// The quality report as one HTML page: no script, nothing from outside, every text escaped.
#pragma once

#include <string>

#include "quality/characteristics.h"
#include "quality/label.h"
#include "quality/page_text.h"
#include "quality/profile.h"

namespace essaim {

struct PageInput {
  std::string site;
  const QualityReport& report;
  const CheckRun& checks;
  const SiteProfile& profile;
  const std::vector<Stratum>& reference;   // empty: none
  std::vector<QualityLabel> history;       // this report's included, oldest first
  std::vector<QualitySnapshot> snapshots;  // as history
};

std::string QualityPage(const PageInput& input, const Words& words);

}  // namespace essaim
