#include "quality/distances.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

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

std::set<std::string> CategoriesOf(const Counts& a, const Counts& b) {
  std::set<std::string> categories;
  for (const auto& [category, n] : a) categories.insert(category);
  for (const auto& [category, n] : b) categories.insert(category);
  return categories;
}

}  // namespace

double JensenShannonDistance(const Counts& a, const Counts& b) {
  const double total_a = Total(a), total_b = Total(b);
  if (total_a == 0 || total_b == 0) return total_a == total_b ? 0 : 1;
  double divergence = 0;
  for (const std::string& category : CategoriesOf(a, b)) {
    const double p = At(a, category) / total_a, q = At(b, category) / total_b;
    const double middle = (p + q) / 2;
    if (p > 0) divergence += p * std::log2(p / middle) / 2;
    if (q > 0) divergence += q * std::log2(q / middle) / 2;
  }
  return std::sqrt(std::clamp(divergence, 0.0, 1.0));  // rounding may leave -1e-17
}

Counts GroupSmall(const Counts& counts, double k) {
  Counts grouped;
  double other = 0;
  for (const auto& [category, n] : counts) {
    if (n < k || category == kOtherCategory) {
      other += n;
    } else {
      grouped[category] = n;
    }
  }
  if (other > 0 && other >= k) grouped[kOtherCategory] = other;
  return grouped;
}

CountsPair GroupSmallInEither(const Counts& a, const Counts& b, double k) {
  CountsPair pair;
  for (const std::string& category : CategoriesOf(a, b)) {
    const double in_a = At(a, category), in_b = At(b, category);
    const std::string into = in_a < k || in_b < k ? kOtherCategory : category;
    if (in_a > 0) pair.a[into] += in_a;
    if (in_b > 0) pair.b[into] += in_b;
  }
  return pair;
}

}  // namespace essaim
