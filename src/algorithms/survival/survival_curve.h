// The Kaplan-Meier estimate and its companions, from counts of events and censorings per time.
//
// Reference: Kaplan & Meier (1958); Greenwood (1926); R's survfit, survival 3.5. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace essaim::survival {

enum class IntervalType { kLog, kPlain, kLogLog };

struct SurvivalCurve {
  // One entry a time at which somebody's follow-up ended, ascending.
  std::vector<double> time, at_risk, events, censored;
  std::vector<double> survival;       // S(t)
  std::vector<double> std_error_log;  // of log S(t), Greenwood; infinite once S is 0
  std::vector<double> lower, upper;   // NaN where R has NA: S = 0; log-log also S = 1
  std::vector<double> cumulative_hazard, std_error_hazard;  // Nelson-Aalen

  double n_persons() const { return at_risk.empty() ? 0 : at_risk.front(); }

  double n_events() const;
};

struct CurveOptions {
  IntervalType interval = IntervalType::kLog;
  double level = 0.95;
};

// times, events, censored: of equal length, times ascending; times at which nothing happened are
// left out.
SurvivalCurve MakeSurvivalCurve(const std::vector<double>& times, const std::vector<double>& events,
                                const std::vector<double>& censored, const CurveOptions& options);

struct CurveSummary {
  double restricted_mean = 0, restricted_mean_std_error = 0;
  double median = 0, median_lower = 0, median_upper = 0;  // NaN if not reached
};

// The mean is of the survival up to `horizon`. The median's limits are where the curve's limits
// cross 1/2.
CurveSummary Summarise(const SurvivalCurve& curve, double horizon);

}  // namespace essaim::survival
