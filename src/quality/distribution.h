// Small measures of distributions given as counts.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace essaim {

using Counts = std::map<std::string, double>;  // by category; not negative

// Shannon's entropy over its largest value for as many categories, 0 to 1; 0 for fewer than two.
double NormalisedEntropy(const Counts& counts);

// Population stability index of `now` against `before`, both with 0.5 added to every category of
// either so that none is empty (Siddiqi 2006). 0 where they are alike.
double StabilityIndex(const Counts& before, const Counts& now);

// The largest of |x[i+1] - x[i]| / x[i] over neighbours with x[i] >= smallest; 0 if there are none.
double LargestChange(const std::vector<double>& series, double smallest);

}  // namespace essaim
