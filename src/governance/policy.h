// What a site's steward allows: checked by the node, from a file of its own, before anything is
// computed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "study/study.h"

namespace essaim {

struct Policy {
  int minimum_cohort = 20;  // a study may ask for more, never for less
  int minimum_cell = 5;
  int minimum_sites = 3;
  bool allow_continue_on_dropout = true;  // sums over differing sets of sites within a run
  bool per_site_counts = false;           // may a study tell this site's counts from the others'?
  std::vector<std::string> allowed_algorithms;   // registry names or "family/*"; empty: every one
  std::vector<std::string> allowed_datasets;     // empty: every one
  std::vector<std::string> forbidden_variables;  // never leave, in no analysis
  enum class Approve {
    kAuto,
    kAsk
  } approve = Approve::kAsk;  // does a person decide on every study?
};

// kPermissionDenied naming the rule that the study breaks.
absl::Status CheckStudy(const Policy& policy, const Study& study);

}  // namespace essaim
