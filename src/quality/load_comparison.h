// What changed from one load to the next: the figures C7 to C13 and what stands behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quality/figure.h"
#include "quality/snapshot.h"

namespace essaim {

struct TableChange {
  std::string table;
  std::int64_t rows_before = 0, rows_now = 0;
  std::optional<std::int64_t> persons_before, persons_now;
};

struct DomainChange {
  std::string concept_id, before, now;
};

struct MixChange {
  std::string table;
  double stability_index = 0, distance = 0;  // population stability index, Jensen-Shannon
  double n = 0;                              // records now
};

struct NullChange {
  std::string table, field;
  double before = 0, now = 0;  // share of NULL, 0 to 1
  std::int64_t n = 0;          // rows now
};

struct LoadComparison {
  std::int64_t load_before = 0, load_now = 0;
  std::int64_t made_before_ms = 0;
  std::string vocabulary_before, vocabulary_now;
  std::vector<TableChange> tables;        // with a row in either, by name
  std::vector<std::string> newly_failed;  // check ids that passed before
  std::size_t n_passed_before = 0;        // of the checks that apply in both
  std::vector<DomainChange> domains;
  std::size_t n_concepts = 0;     // whose domain is known in both
  std::vector<MixChange> mixes;   // of tables with rows in both
  std::vector<NullChange> nulls;  // that rose, the largest rise first
};

// A rise of a NULL share that is listed, and the threshold of C13: 5 percentage points.
inline constexpr double kNullRise = 0.05;

LoadComparison Compare(const QualitySnapshot& before, const QualitySnapshot& now);

// C7 to C13. nullopt: no earlier load is kept, which each then says.
std::vector<Figure> FiguresOf(const std::optional<LoadComparison>& comparison);

}  // namespace essaim
