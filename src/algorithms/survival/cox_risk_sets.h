// Cox's partial likelihood from sums over risk sets.
//
// A person adds w = exp(eta) times the row [1, u, u u'] to the bucket of the latest event time at
// which they were still at risk; summed from the last bucket back, the buckets are the risk sets'
// sums. With event counts and event sums these give the likelihood, its derivatives, the baseline
// hazard and the test of proportional hazards: no more is ever needed from a site.
//
// A row has width q = 1 + p + p (p + 1) / 2: weight | weighted covariates | lower triangle,
// row-major. Reference: Therneau & Grambsch (2000) 3.1-3.3, 6.2; R's coxph, survival 3.5. Pure
// functions.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace essaim::survival {

inline std::size_t RowWidth(std::size_t p) { return 1 + p + p * (p + 1) / 2; }

// row += weight * [1, u, u u'].
void AddRow(double weight, std::span<const double> u, std::span<double> row);

struct RiskSets {
  std::size_t p = 0;
  std::vector<std::size_t> stratum_begin;  // strata + 1 offsets into the event times
  std::vector<double> deaths;              // events at each event time
  std::vector<double> event_sums;          // times * p: sum of u over the events
  std::vector<double> risk;                // times * q: buckets; risk-set sums after Accumulate
  std::vector<double> tied;           // rows * q: the same sums over the events of one time only
  std::vector<std::size_t> tied_row;  // per event time: its row in `tied`, or kNotTied

  static constexpr std::size_t kNotTied = static_cast<std::size_t>(-1);

  std::size_t n_times() const { return deaths.size(); }

  // Turns buckets into risk-set sums. Once.
  void Accumulate();
  // Calls visit(time, weight, row) for each factor of the likelihood: one a time with weight
  // `deaths` (Breslow, and no tied row), or one an event with weight 1 (Efron).
  void ForEachFactor(
      const std::function<void(std::size_t, double, std::span<const double>)>& visit) const;
};

struct Likelihood {
  double loglik = 0;
  std::vector<double> score;        // p
  std::vector<double> information;  // p * p, row-major
};

// At the coefficients `gamma` that the sums were made with.
Likelihood LikelihoodOf(const RiskSets& sets, std::span<const double> gamma);

// The increments of the cumulative baseline hazard at u = 0, one an event time.
std::vector<double> HazardIncrements(const RiskSets& sets);

// Adds the covariates g(t) u to the model and takes the score test of each term's, and of all
// (Grambsch & Therneau 1994 as in cox.zph of survival 3). `g`: one value an event time.
struct ProportionalityTest {
  double chi_squared = 0;
  int degrees_of_freedom = 0;
};

struct ColumnRange {
  std::size_t begin = 0, end = 0;
};

// One test a range, then the global one.
std::vector<ProportionalityTest> TestProportionality(const RiskSets& sets,
                                                     std::span<const double> g,
                                                     std::span<const ColumnRange> terms);

}  // namespace essaim::survival
