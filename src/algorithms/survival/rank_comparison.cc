#include "algorithms/survival/rank_comparison.h"

#include <cmath>

#include "algorithms/survival/redundant_cholesky.h"
#include "math/distributions.h"

namespace essaim::survival {
namespace {

double Sum(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum;
}

// Adds one stratum's observed, expected and variance.
void AddStratum(const std::vector<GroupCounts>& groups, double rho, RankTest& test) {
  const std::size_t n_groups = groups.size();
  std::vector<double> left(n_groups);
  double total = 0;
  for (std::size_t g = 0; g < n_groups; ++g) {
    left[g] = Sum(groups[g].events) + Sum(groups[g].censored);
    test.n[g] += left[g];
    total += left[g];
  }
  double survival = 1;  // just before the time
  for (std::size_t i = 0; i < groups[0].events.size(); ++i) {
    double deaths = 0;
    for (const GroupCounts& group : groups) deaths += group.events[i];
    if (deaths > 0) {
      const double weight = rho == 0 ? 1 : std::pow(survival, rho);
      const double spread =
          total > 1 ? weight * weight * deaths * (total - deaths) / (total * (total - 1)) : 0;
      for (std::size_t g = 0; g < n_groups; ++g) {
        test.observed[g] += weight * groups[g].events[i];
        test.expected[g] += weight * deaths * left[g] / total;
        test.variance[g * n_groups + g] += spread * left[g];
        for (std::size_t h = 0; h < n_groups; ++h) {
          test.variance[g * n_groups + h] -= spread * left[g] * left[h] / total;
        }
      }
      survival *= (total - deaths) / total;
    }
    for (std::size_t g = 0; g < n_groups; ++g) {
      const double gone = groups[g].events[i] + groups[g].censored[i];
      left[g] -= gone;
      total -= gone;
    }
  }
}

}  // namespace

RankTest CompareGroups(const std::vector<std::vector<GroupCounts>>& strata, double rho) {
  const std::size_t n_groups = strata.empty() ? 0 : strata[0].size();
  RankTest test;
  test.n.assign(n_groups, 0);
  test.observed.assign(n_groups, 0);
  test.expected.assign(n_groups, 0);
  test.variance.assign(n_groups * n_groups, 0);
  for (const auto& groups : strata) AddStratum(groups, rho, test);

  // The differences add up to zero, so the first group that has an expectation is left out.
  std::vector<std::size_t> used;
  for (std::size_t g = 0; g < n_groups; ++g) {
    if (test.expected[g] > 0) used.push_back(g);
  }
  if (used.size() < 2) return test;
  used.erase(used.begin());
  std::vector<double> difference, variance;
  for (const std::size_t g : used) {
    difference.push_back(test.observed[g] - test.expected[g]);
    for (const std::size_t h : used) variance.push_back(test.variance[g * n_groups + h]);
  }
  const RedundantCholesky factor(variance, used.size());
  if (factor.rank() == 0) return test;
  test.chi_squared = factor.Quadratic(difference);
  test.degrees_of_freedom = static_cast<int>(used.size());
  test.p_value = ChiSquaredUpper(test.chi_squared, test.degrees_of_freedom);
  return test;
}

}  // namespace essaim::survival
