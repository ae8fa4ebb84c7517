#include "linkage/similarity.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace essaim::linkage {
namespace {

constexpr std::size_t kBytesMost = 64;

double Jaro(std::string_view a, std::string_view b) {
  if (a.empty() && b.empty()) return 1;
  if (a.empty() || b.empty()) return 0;
  const std::size_t window = std::max<std::size_t>(1, std::max(a.size(), b.size()) / 2) - 1;
  std::array<bool, kBytesMost> in_a{}, in_b{};
  std::size_t common = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t from = i > window ? i - window : 0, to = std::min(b.size(), i + window + 1);
    for (std::size_t j = from; j < to; ++j) {
      if (in_b[j] || a[i] != b[j]) continue;
      in_a[i] = in_b[j] = true;
      ++common;
      break;
    }
  }
  if (common == 0) return 0;
  std::size_t out_of_order = 0, j = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!in_a[i]) continue;
    while (!in_b[j]) ++j;
    if (a[i] != b[j++]) ++out_of_order;
  }
  const auto m = static_cast<double>(common);
  const auto n_a = static_cast<double>(a.size()), n_b = static_cast<double>(b.size());
  return (m / n_a + m / n_b + (m - static_cast<double>(out_of_order / 2)) / m) / 3;
}

}  // namespace

double JaroWinkler(std::string_view a, std::string_view b) {
  a = a.substr(0, kBytesMost);
  b = b.substr(0, kBytesMost);
  const double jaro = Jaro(a, b);
  std::size_t prefix = 0;
  while (prefix < std::min({a.size(), b.size(), std::size_t{4}}) && a[prefix] == b[prefix])
    ++prefix;
  return jaro + 0.1 * static_cast<double>(prefix) * (1 - jaro);
}

int EditDistance(std::string_view a, std::string_view b, int most) {
  a = a.substr(0, kBytesMost);
  b = b.substr(0, kBytesMost);
  std::array<std::array<int, kBytesMost + 1>, 3> rows{};  // of i - 2, i - 1, i
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto &last = rows[(i + 2) % 3], &before = rows[(i + 1) % 3];
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return std::min(rows[a.size() % 3][b.size()], most + 1);
}

std::vector<std::string> Bigrams(std::string_view text) {
  std::vector<std::string> grams;
  if (text.empty()) return grams;
  char before = '_';
  for (const char c : text) {
    grams.push_back({before, c});
    before = c;
  }
  grams.push_back({before, '_'});
  return grams;
}

double DiceOverChance(const Filter& a, const Filter& b) {
  const Overlap overlap = OverlapOf(a, b);
  if (overlap.n_a == 0 || overlap.n_b == 0) return 0;
  constexpr double kBits = 64 * kFilterWords;
  const double n_a = overlap.n_a, n_b = overlap.n_b;
  const double dice = 2.0 * overlap.n_both / (n_a + n_b);
  const double chance = 2.0 * n_a * (n_b / kBits) / (n_a + n_b);
  return chance >= 1 ? 0 : std::max(0.0, (dice - chance) / (1 - chance));
}

}  // namespace essaim::linkage
