// Harrell's concordance: of the pairs of persons whose order in time is known, how often did the
// one with the higher score have the event first?
//
// A pair is known if the shorter follow-up ended with an event; censored at the time of another's
// event counts as longer. Pairs with equal scores count a half. The variance is the infinitesimal
// jackknife. Reference: survival::concordance 3.5 (timewt = "n"). O(n log n) time, O(n) memory.
#pragma once

#include <span>

namespace essaim::survival {

struct PairItem {
  double time = 0;
  bool event = false;
  double score = 0;
  double weight = 1;  // persons with exactly this time, end and score
};

// Sums over pairs, and over persons of products of a = concordant - discordant and b = known pairs
// that the person is in. All add over strata.
struct PairCounts {
  double concordant = 0, discordant = 0, tied_score = 0, tied_time = 0, tied_both = 0;
  double sum_aa = 0, sum_ab = 0, sum_bb = 0;

  void Add(const PairCounts& other);

  double known() const { return concordant + discordant + tied_score; }

  // The index in [0, 1]; NaN without a known pair.
  double Index() const;
  double StdError() const;
  // Largest error of Index() if persons of equal score may really differ.
  double TieBound() const;
};

PairCounts CountPairs(std::span<const PairItem> items);

}  // namespace essaim::survival
