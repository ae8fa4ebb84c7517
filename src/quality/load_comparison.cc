#include "quality/load_comparison.h"

#include <algorithm>
#include <cmath>

#include "quality/distances.h"

namespace essaim {
namespace {

// Concepts that both snapshots may have counted among the rest are put there in both. One that is
// in a snapshot and not in the other counts 0 there: it came, or went.
CountsPair Aligned(const MixSnapshot& before, const MixSnapshot& now) {
  const double floor = std::fmax(before.smallest, now.smallest);
  CountsPair pair;
  const auto at = [](const Counts& counts, const std::string& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0.0 : found->second;
  };
  const auto put = [&](const Counts& from, Counts& into) {
    for (const auto& [key, n] : from) {
      const bool small = at(before.counts, key) < floor && at(now.counts, key) < floor;
      into[small ? kOtherCategory : key] += n;
    }
  };
  put(before.counts, pair.a);
  put(now.counts, pair.b);
  return pair;
}

double Total(const Counts& counts) {
  double total = 0;
  for (const auto& [key, n] : counts) total += n;
  return total;
}

void CompareTables(const QualitySnapshot& before, const QualitySnapshot& now, LoadComparison& out) {
  for (const auto& [name, was] : before.tables) {
    const auto at = now.tables.find(name);
    if (at == now.tables.end()) continue;
    const TableSnapshot& is = at->second;
    if (was.n_rows == 0 && is.n_rows == 0) continue;
    out.tables.push_back({.table = name,
                          .rows_before = was.n_rows,
                          .rows_now = is.n_rows,
                          .persons_before = was.n_persons,
                          .persons_now = is.n_persons});
    for (const auto& [field, share] : was.null_shares) {
      const auto now_share = is.null_shares.find(field);
      // Less than this is how the two were rounded.
      constexpr double kRounding = 1e-12;
      if (now_share == is.null_shares.end() || !(now_share->second > share + kRounding)) continue;
      out.nulls.push_back({.table = name,
                           .field = field,
                           .before = share,
                           .now = now_share->second,
                           .n = is.n_rows});
    }
  }
  std::ranges::stable_sort(out.nulls, std::greater<>(),
                           [](const NullChange& c) { return c.now - c.before; });
}

bool RowsBefore(const TableChange& table) { return table.rows_before > 0; }

// The worst of the tables' losses as k of n, by share.
using Pair = std::pair<double, double>;  // before, now

Figure LargestLoss(const char* id, const std::vector<TableChange>& tables,
                   Pair (*counts)(const TableChange&)) {
  double lost = 0, of = 0;
  std::string worst;
  for (const TableChange& table : tables) {
    const auto [before, now] = counts(table);
    if (!(before > 0)) continue;
    const double loss = std::fmax(0, before - now);
    // Of equal losses that of the larger table, on which it rests more firmly.
    const double share = loss / before, worst_share = of > 0 ? lost / of : -1;
    if (share < worst_share || (share == worst_share && before <= of)) continue;
    lost = loss, of = before, worst = table.table;
  }
  if (of == 0) return MissingFigure(id, "no rows in the load before");
  Figure figure = ShareFigure(id, lost, of);
  if (lost > 0) figure.detail = worst;
  return figure;
}

}  // namespace

LoadComparison Compare(const QualitySnapshot& before, const QualitySnapshot& now) {
  LoadComparison out;
  out.load_before = before.load_number;
  out.load_now = now.load_number;
  out.made_before_ms = before.made_at_ms;
  out.vocabulary_before = before.vocabulary;
  out.vocabulary_now = now.vocabulary;
  CompareTables(before, now, out);
  for (const auto& [id, passed] : before.passed) {
    const auto at = now.passed.find(id);
    if (!passed || at == now.passed.end()) continue;
    ++out.n_passed_before;
    if (!at->second) out.newly_failed.push_back(id);
  }
  for (const auto& [concept_id, domain] : before.domains) {
    const auto at = now.domains.find(concept_id);
    if (at == now.domains.end()) continue;
    ++out.n_concepts;
    if (at->second != domain) out.domains.push_back({concept_id, domain, at->second});
  }
  for (const auto& [table, mix] : before.mixes) {
    const auto at = now.mixes.find(table);
    if (at == now.mixes.end() || mix.counts.empty() || at->second.counts.empty()) continue;
    const CountsPair pair = Aligned(mix, at->second);
    out.mixes.push_back({.table = table,
                         .stability_index = StabilityIndex(pair.a, pair.b),
                         .distance = JensenShannonDistance(pair.a, pair.b),
                         .n = Total(pair.b)});
  }
  return out;
}

std::vector<Figure> FiguresOf(const std::optional<LoadComparison>& comparison) {
  std::vector<Figure> figures;
  if (!comparison.has_value()) {
    for (const char* id : {"C7", "C8", "C9", "C10", "C11", "C12", "C13"})
      figures.push_back(MissingFigure(id, "no earlier load is kept"));
    return figures;
  }
  const LoadComparison& c = *comparison;
  figures.push_back(LargestLoss(
      "C7", c.tables, [](const TableChange& t) { return Pair(t.rows_before, t.rows_now); }));
  figures.push_back(LargestLoss("C8", c.tables, [](const TableChange& t) {
    if (!t.persons_before.has_value() || !t.persons_now.has_value()) return Pair(0, 0);
    return Pair(*t.persons_before, *t.persons_now);
  }));
  // On empty tables checks pass that say nothing of data.
  const bool had_rows = std::ranges::any_of(c.tables, RowsBefore);
  figures.push_back(had_rows ? ShareFigure("C9", static_cast<double>(c.newly_failed.size()),
                                           static_cast<double>(c.n_passed_before))
                             : MissingFigure("C9", "no rows in the load before"));
  figures.push_back(
      ShareFigure("C10", static_cast<double>(c.domains.size()), static_cast<double>(c.n_concepts)));
  const auto most = std::ranges::max_element(c.mixes, {}, &MixChange::stability_index);
  const auto farthest = std::ranges::max_element(c.mixes, {}, &MixChange::distance);
  if (most == c.mixes.end()) {
    for (const char* id : {"C11", "C12"})
      figures.push_back(MissingFigure(id, "no rows in the load before"));
  } else {
    figures.push_back(ValueFigure("C11", most->stability_index, most->n));
    figures.back().detail = most->table;
    figures.push_back(ValueFigure("C12", farthest->distance, farthest->n));
    figures.back().detail = farthest->table;
  }
  std::int64_t n_tables = 0;
  for (const TableChange& t : c.tables) n_tables += t.rows_before > 0 && t.rows_now > 0 ? 1 : 0;
  figures.push_back(c.nulls.empty() ? ValueFigure("C13", 0, static_cast<double>(n_tables))
                                    : ValueFigure("C13", c.nulls[0].now - c.nulls[0].before,
                                                  static_cast<double>(c.nulls[0].n)));
  if (!c.nulls.empty()) figures.back().detail = c.nulls[0].table + "." + c.nulls[0].field;
  return figures;
}

}  // namespace essaim
