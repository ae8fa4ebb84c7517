// The question of `essaim study cohort`: how many persons are there, and where are the others lost?
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "algo/result.h"
#include "study/study.h"

namespace essaim::cli {

inline constexpr std::string_view kAttrition = "attrition", kBySite = "attrition-by-site",
                                  kCohort = "cohort";

// A study that asks for counts alone: the cohort's, as one of the study's own counts asks for it;
// on OMOP tables the persons lost after each step too, with `by_site` those of each site, which
// only sites with per_site_counts in their policy tell. kInvalidArgument: by_site without OMOP
// tables.
absl::StatusOr<Study> CohortQuestion(const Study& study, bool by_site);

// The hash of the cohort's definition on OMOP tables, as `essaim node cohort` shows it; empty where
// the study has none.
absl::StatusOr<std::string> DefinitionOf(const Study& study);

// "     412  entry events" and so on: the persons left after each step, from the number that came
// to each and no further. Where small numbers are hidden: "at least".
std::string AttritionText(const Result& result);

}  // namespace essaim::cli
