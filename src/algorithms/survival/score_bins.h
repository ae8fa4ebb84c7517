// Scores in bins, for a concordance from counts.
//
// First a fine histogram of equal-width bins over the scores' public range; from its sum the hub
// chooses at most `bins` bins of about equally many persons. Then a table of event times by bins,
// of events and of censorings: the censored between two event times are compared alike, so they
// share a row. Two persons of one bin count as equal, and the share of such pairs bounds the error.
//
// State: "fine_range" (2), "bin_starts" (first fine bin of each bin, ascending, the first is 0).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "algo/secure_sum.h"
#include "algo/state.h"
#include "algorithms/survival/pairs.h"

namespace essaim::survival {

inline constexpr std::size_t kFineBins = std::size_t{1} << 16;
inline constexpr std::size_t kPairTableMax = std::size_t{1} << 22;  // elements

// The fine bin of a score, clamped to the range.
std::size_t FineBin(double score, double lower, double upper);
// The first fine bins of at most `bins` bins.
std::vector<double> ChooseBins(std::span<const double> fine_counts, std::size_t bins);
// The bins that fit beside `n_times` event times in a table.
std::size_t BinsThatFit(std::size_t bins, std::size_t n_times);
std::size_t BinOf(std::size_t fine_bin, std::span<const double> starts);

// Counts of one stratum: events[time * n_bins + bin], censored the same; `times` rows.
PairCounts CountBinnedPairs(std::span<const double> events, std::span<const double> censored,
                            std::size_t n_bins);

}  // namespace essaim::survival
