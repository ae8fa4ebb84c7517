#include "quality/distribution.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace essaim {
namespace {

double Total(const Counts& counts) {
  double total = 0;
  for (const auto& [category, n] : counts) total += n;
  return total;
}

double At(const Counts& counts, const std::string& category) {
  const auto at = counts.find(category);
  return at == counts.end() ? 0 : at->second;
}

}  // namespace

double NormalisedEntropy(const Counts& counts) {
  const double total = Total(counts);
  if (counts.size() < 2 || total == 0) return 0;
  double entropy = 0;
  for (const auto& [category, n] : counts) {
    if (n > 0) entropy -= n / total * std::log(n / total);
  }
  return entropy / std::log(static_cast<double>(counts.size()));
}

double StabilityIndex(const Counts& before, const Counts& now) {
  std::set<std::string> categories;
  for (const auto& [category, n] : before) categories.insert(category);
  for (const auto& [category, n] : now) categories.insert(category);
  const double extra = 0.5 * static_cast<double>(categories.size());
  const double total_before = Total(before) + extra, total_now = Total(now) + extra;
  double index = 0;
  for (const std::string& category : categories) {
    const double p = (At(before, category) + 0.5) / total_before;
    const double q = (At(now, category) + 0.5) / total_now;
    index += (q - p) * std::log(q / p);
  }
  return index;
}

double LargestChange(const std::vector<double>& series, double smallest) {
  double largest = 0;
  for (std::size_t i = 1; i < series.size(); ++i) {
    if (series[i - 1] < smallest) continue;
    largest = std::max(largest, std::fabs(series[i] - series[i - 1]) / series[i - 1]);
  }
  return largest;
}

}  // namespace essaim
