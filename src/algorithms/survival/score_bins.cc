#include "algorithms/survival/score_bins.h"

#include <algorithm>
#include <cmath>

namespace essaim::survival {

std::size_t FineBin(double score, double lower, double upper) {
  if (!(upper > lower)) return 0;
  const double at = std::floor((score - lower) / (upper - lower) * static_cast<double>(kFineBins));
  return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(kFineBins - 1)));
}

std::vector<double> ChooseBins(std::span<const double> fine_counts, std::size_t bins) {
  double total = 0;
  std::size_t used = 0;
  for (const double n : fine_counts) {
    total += n;
    used += n > 0 ? 1 : 0;
  }
  const double share = used <= bins ? 0 : total / static_cast<double>(bins);
  std::vector<double> starts = {0};
  double inside = 0, before = 0;
  for (std::size_t i = 0; i < fine_counts.size(); ++i) {
    if (fine_counts[i] <= 0) continue;
    // Bin k ends where the k-th share of all persons does, so that there are never more than
    // `bins`.
    const bool full =
        share == 0 ? inside > 0 : before >= share * static_cast<double>(starts.size());
    if (full && starts.size() < bins) {
      starts.push_back(static_cast<double>(i));
      inside = 0;
    }
    inside += fine_counts[i];
    before += fine_counts[i];
  }
  return starts;
}

std::size_t BinsThatFit(std::size_t bins, std::size_t n_times) {
  const std::size_t fit = kPairTableMax / (2 * std::max<std::size_t>(n_times, 1));
  return std::clamp<std::size_t>(fit, 2, bins);
}

std::size_t BinOf(std::size_t fine_bin, std::span<const double> starts) {
  const auto after = std::upper_bound(starts.begin(), starts.end(), static_cast<double>(fine_bin));
  return after == starts.begin() ? 0 : static_cast<std::size_t>(after - starts.begin()) - 1;
}

PairCounts CountBinnedPairs(std::span<const double> events, std::span<const double> censored,
                            std::size_t n_bins) {
  std::vector<PairItem> items;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto time = static_cast<double>(i / n_bins), score = static_cast<double>(i % n_bins);
    if (events[i] > 0) items.push_back({time, true, score, events[i]});
    if (censored[i] > 0) items.push_back({time, false, score, censored[i]});
  }
  return CountPairs(items);
}

}  // namespace essaim::survival
