// The Charlson comorbidity index in Romano's adaptation (Romano, Roos, Jollis 1993), by the SNOMED
// CT ancestors that OHDSI's FeatureExtraction used (CharlsonIndex.sql, Apache-2.0).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace essaim::cohort {

struct CharlsonCategory {
  const char* name;
  int weight;
  std::vector<std::int64_t> ancestors;  // with their descendants
  // The place of the graver form of the same disease, which counts alone; -1: none. Charlson 1987
  // counts the graver form only; FeatureExtraction adds both.
  int graver = -1;
};

std::span<const CharlsonCategory> CharlsonCategories();

}  // namespace essaim::cohort
