#include "linkage/name_shares.h"

#include <algorithm>

namespace essaim::linkage {
namespace {

std::uint64_t KeyOf(const NameShares::Name& name) {
  return (name.key ^ name.group) * 0x9E3779B97F4A7C15u + name.group;
}

// How often, of the records of a group, another one drawn at random has the same name, and how
// often two have it: the first two moments of the share.
struct Moments {
  double pairs = 0, triples = 0, all_pairs = 0, all_triples = 0;

  static double Pairs(double n) { return n * (n - 1); }

  static double Triples(double n) { return n * (n - 1) * (n - 2); }
};

}  // namespace

NameShares::NameShares(std::size_t n_a, std::size_t n_b, const Names& names) {
  Moments moments;
  for (const bool second : {false, true}) {
    // The moments are a list's own: what two lists share is there twice.
    std::unordered_map<std::uint64_t, std::uint32_t> counts, sizes;
    for (std::size_t i = 0; i < (second ? n_b : n_a); ++i) {
      const Name name = names(second, i);
      if (name.key == 0) continue;
      ++counts[KeyOf(name)];
      ++sizes[name.group];
    }
    for (const auto& [key, n] : counts) {
      counts_[key] += n;
      moments.pairs += Moments::Pairs(n);
      moments.triples += Moments::Triples(n);
    }
    for (const auto& [key, n] : sizes) {
      sizes_[key] += n;
      moments.all_pairs += Moments::Pairs(n);
      moments.all_triples += Moments::Triples(n);
    }
  }
  if (moments.pairs <= 0 || moments.all_triples <= 0) return;
  const double mean = moments.pairs / moments.all_pairs;
  const double variance = moments.triples / moments.all_triples - mean * mean;
  // Shares that hardly vary need much to move them; more than the records themselves is no use.
  const double most = 1e6;
  total_ = variance <= 0 ? most : std::clamp(mean * (1 - mean) / variance - 1, 1.0, most);
  alpha_ = std::clamp(mean * total_, 1e-3, total_);
}

double NameShares::Of(const Name& name) const {
  const auto count = counts_.find(KeyOf(name));
  const auto size = sizes_.find(name.group);
  if (count == counts_.end() || size == sizes_.end()) return 1;
  const double others = std::max(0.0, static_cast<double>(count->second) - 2);
  const double all = std::max(0.0, static_cast<double>(size->second) - 2);
  return std::clamp((alpha_ + others) / (total_ + all), 1e-9, 1.0);
}

}  // namespace essaim::linkage
