#include "algorithms/survival/pairs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <vector>

namespace essaim::survival {
namespace {

// Prefix sums over ranks (Fenwick).
class RankSums {
 public:
  explicit RankSums(std::size_t n) : tree_(n + 1, 0.0) {}

  void Add(std::size_t rank, double weight) {
    total_ += weight;
    for (std::size_t i = rank + 1; i < tree_.size(); i += i & (~i + 1)) tree_[i] += weight;
  }

  double Below(std::size_t rank) const {
    double sum = 0;
    for (std::size_t i = rank; i > 0; i -= i & (~i + 1)) sum += tree_[i];
    return sum;
  }

  double total() const { return total_; }

 private:
  std::vector<double> tree_;
  double total_ = 0;
};

struct Sorted {
  std::vector<PairItem> items;     // by time; events before censorings of the same time
  std::vector<std::size_t> ranks;  // of the scores, from 0, equal scores equal
  std::size_t n_ranks = 0;
};

Sorted Sort(std::span<const PairItem> items) {
  Sorted sorted;
  for (const PairItem& item : items) {
    if (item.weight > 0) sorted.items.push_back(item);
  }
  std::sort(sorted.items.begin(), sorted.items.end(), [](const PairItem& a, const PairItem& b) {
    return a.time != b.time ? a.time < b.time : a.event > b.event;
  });
  std::vector<double> scores;
  for (const PairItem& item : sorted.items) scores.push_back(item.score);
  std::sort(scores.begin(), scores.end());
  scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
  for (const PairItem& item : sorted.items) {
    const auto at = std::lower_bound(scores.begin(), scores.end(), item.score);
    sorted.ranks.push_back(static_cast<std::size_t>(at - scores.begin()));
  }
  sorted.n_ranks = scores.size();
  return sorted;
}

// The end of the run of events that starts at `i` (all of one time).
std::size_t EndOfEvents(const Sorted& sorted, std::size_t i) {
  const double time = sorted.items[i].time;
  while (i < sorted.items.size() && sorted.items[i].event && sorted.items[i].time == time) ++i;
  return i;
}

void CountTiedTimes(const Sorted& sorted, std::size_t begin, std::size_t end, PairCounts& counts) {
  std::map<std::size_t, double> by_rank;
  double total = 0, same = 0;
  for (std::size_t i = begin; i < end; ++i) {
    by_rank[sorted.ranks[i]] += sorted.items[i].weight;
    total += sorted.items[i].weight;
  }
  for (const auto& [rank, weight] : by_rank) same += weight * (weight - 1) / 2;
  counts.tied_both += same;
  counts.tied_time += total * (total - 1) / 2 - same;
}

struct Own {
  double a = 0, b = 0;
};

}  // namespace

void PairCounts::Add(const PairCounts& other) {
  concordant += other.concordant;
  discordant += other.discordant;
  tied_score += other.tied_score;
  tied_time += other.tied_time;
  tied_both += other.tied_both;
  sum_aa += other.sum_aa;
  sum_ab += other.sum_ab;
  sum_bb += other.sum_bb;
}

double PairCounts::Index() const {
  if (known() <= 0) return std::numeric_limits<double>::quiet_NaN();
  return (concordant + tied_score / 2) / known();
}

double PairCounts::StdError() const {
  const double pairs = known();
  if (pairs <= 0) return std::numeric_limits<double>::quiet_NaN();
  const double somer = (concordant - discordant) / pairs;
  const double sum = sum_aa - 2 * somer * sum_ab + somer * somer * sum_bb;
  return std::sqrt(std::max(sum, 0.0)) / (2 * pairs);
}

double PairCounts::TieBound() const { return known() > 0 ? tied_score / (2 * known()) : 0; }

PairCounts CountPairs(std::span<const PairItem> items) {
  const Sorted sorted = Sort(items);
  const std::size_t n = sorted.items.size();
  PairCounts counts;
  std::vector<Own> own(n);

  // Ascending in time: who had the event before this person?
  RankSums earlier(sorted.n_ranks);
  const auto meet_earlier = [&](std::size_t i) {
    const double below = earlier.Below(sorted.ranks[i]);
    const double through = earlier.Below(sorted.ranks[i] + 1);
    const double above = earlier.total() - through;
    own[i].a += above - below;
    own[i].b += earlier.total();
    const double weight = sorted.items[i].weight;
    counts.concordant += weight * above;
    counts.discordant += weight * below;
    counts.tied_score += weight * (through - below);
  };
  for (std::size_t i = 0; i < n;) {
    const std::size_t end = EndOfEvents(sorted, i);
    if (end == i) {
      meet_earlier(i++);
      continue;
    }
    for (std::size_t j = i; j < end; ++j) meet_earlier(j);
    for (std::size_t j = i; j < end; ++j) earlier.Add(sorted.ranks[j], sorted.items[j].weight);
    CountTiedTimes(sorted, i, end, counts);
    i = end;
  }

  // Descending: whom did this person's event precede?
  RankSums later(sorted.n_ranks);
  for (std::size_t i = n; i > 0;) {
    std::size_t begin = i - 1;
    if (!sorted.items[begin].event) {
      later.Add(sorted.ranks[begin], sorted.items[begin].weight);
      i = begin;
      continue;
    }
    while (begin > 0 && sorted.items[begin - 1].event &&
           sorted.items[begin - 1].time == sorted.items[i - 1].time) {
      --begin;
    }
    for (std::size_t j = begin; j < i; ++j) {
      const double below = later.Below(sorted.ranks[j]);
      const double above = later.total() - later.Below(sorted.ranks[j] + 1);
      own[j].a += below - above;
      own[j].b += later.total();
    }
    for (std::size_t j = begin; j < i; ++j) later.Add(sorted.ranks[j], sorted.items[j].weight);
    i = begin;
  }

  for (std::size_t i = 0; i < n; ++i) {
    const double weight = sorted.items[i].weight;
    counts.sum_aa += weight * own[i].a * own[i].a;
    counts.sum_ab += weight * own[i].a * own[i].b;
    counts.sum_bb += weight * own[i].b * own[i].b;
  }
  return counts;
}

}  // namespace essaim::survival
