// Compares the survival of groups: the G-rho family of Harrington and Fleming.
//
// rho = 0 is the log-rank test, rho = 1 Peto and Peto's modification of the Gehan-Wilcoxon test.
// Reference: Harrington & Fleming (1982); R's survdiff, survival 3.5. Pure functions.
#pragma once

#include <cstddef>
#include <vector>

namespace essaim::survival {

struct GroupCounts {
  std::vector<double> events, censored;  // one entry a time
};

struct RankTest {
  std::vector<double> n, observed,
      expected;                  // a group each; observed and expected are weighted by S^rho
  std::vector<double> variance;  // groups * groups, row-major
  double chi_squared = 0;
  int degrees_of_freedom = 0;  // groups with an expectation, less one; 0: there is no test
  double p_value = 1;
};

// strata[s][g] are the counts of group g in stratum s, over the same ascending times.
RankTest CompareGroups(const std::vector<std::vector<GroupCounts>>& strata, double rho);

}  // namespace essaim::survival
