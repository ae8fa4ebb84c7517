// Classical tests from sufficient statistics: what comes after the sum.
//
// References: Welch (1947), Biometrika 34; Yates (1934), JRSS Suppl. 1; Yang & Dalton (2012), SAS
// Global Forum 335. Equal to R's t.test, oneway.test(var.equal = TRUE), chisq.test and to
// tableone's SMD.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "algorithms/descriptive/moments_part.h"

namespace essaim::descriptive {

// Every number is NaN when the data do not allow the test.
struct TestValue {
  double statistic;
  double df;   // of the numerator for F
  double df2;  // of the denominator for F, NaN otherwise
  double p;    // two-sided for t
};

struct TwoMeans {
  TestValue test;
  double difference;  // mean of a - mean of b
  double std_error;
};

TwoMeans WelchT(const Moments& a, const Moments& b);
TwoMeans PooledT(const Moments& a, const Moments& b);

struct AnovaTable {
  TestValue test;
  double between, within;  // sums of squares
};

// Groups without a value are left out.
AnovaTable OneWayAnova(std::span<const Moments> groups);

struct ChiSquared {
  TestValue test;
  double cramers_v;
  std::int64_t n;
  bool small_expected;  // an expected count below 5: the p-value is not to be trusted
};

// `counts`: rows x columns, row-major. Empty rows and columns are left out. `correct`: Yates'
// continuity correction, for two by two tables only.
ChiSquared ChiSquaredTest(std::span<const std::int64_t> counts, std::size_t n_columns,
                          bool correct);

// (mean a - mean b) / sqrt((variance a + variance b) / 2)
double MeanDifference(const Moments& a, const Moments& b);
// Between two categorical distributions given as counts of the same levels; >= 0.
double LevelsDifference(std::span<const std::int64_t> a, std::span<const std::int64_t> b);

}  // namespace essaim::descriptive
