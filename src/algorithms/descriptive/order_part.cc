#include "algorithms/descriptive/order_part.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace essaim::descriptive {
namespace {

constexpr double kFuzz = 4 * std::numeric_limits<double>::epsilon();  // as R's quantile()
constexpr double kCellsMax = 0x1p40;

// The least k with k^rounds >= cells.
std::int64_t BinsFor(std::int64_t cells, int rounds) {
  const double root = std::pow(static_cast<double>(cells), 1.0 / rounds);
  auto k = std::max<std::int64_t>(2, static_cast<std::int64_t>(std::floor(root)) - 1);
  while (std::pow(static_cast<double>(k), rounds) < static_cast<double>(cells)) ++k;
  return k;
}

// 1 / resolution if that is a whole number: k / 100 is the double nearest to the decimal, k * 0.01
// is not.
double WholeInverse(double resolution) {
  const double inverse = 1 / resolution, whole = std::nearbyint(inverse);
  return resolution < 1 && std::fabs(inverse - whole) <= kFuzz * whole ? whole : 0;
}

double InCells(double x, double resolution) {
  const double inverse = WholeInverse(resolution);
  return inverse > 0 ? x * inverse : x / resolution;
}

}  // namespace

double Grid::ValueOf(std::int64_t cell) const {
  const double steps = static_cast<double>(first + cell), inverse = WholeInverse(resolution);
  return std::clamp(inverse > 0 ? steps / inverse : steps * resolution, lower, upper);
}

std::int64_t Grid::CellOf(double x) const {
  const double steps = InCells(x, resolution) - static_cast<double>(first);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(steps + 0.5)), 0,
                                  n_cells - 1);
}

double DefaultResolution(const Variable& variable) {
  if (variable.kind != VariableKind::kNumber) return 1;
  const double range = variable.upper - variable.lower;
  return range > 0 ? std::pow(10.0, std::floor(std::log10(range / 1000))) : 1;
}

absl::StatusOr<Grid> MakeGrid(const Schema& schema, std::size_t variable, double resolution,
                              int rounds) {
  const Variable& v = schema.variables()[variable];
  const double low = InCells(v.lower, resolution), high = InCells(v.upper, resolution);
  if (!(resolution > 0) || !(std::fabs(low) < 0x1p52) || !(std::fabs(high) < 0x1p52) ||
      high - low > kCellsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the resolution ", resolution, " does not fit the range of '", v.name, "'"));
  }
  Grid grid{.variable = variable, .lower = v.lower, .upper = v.upper, .resolution = resolution};
  grid.first = static_cast<std::int64_t>(std::floor(low + 0.5));
  grid.n_cells = static_cast<std::int64_t>(std::floor(high + 0.5)) - grid.first + 1;
  grid.n_bins = BinsFor(grid.n_cells, rounds);
  return grid;
}

bool OnGrid(const Schema& schema, const Grid& grid) {
  return schema.variables()[grid.variable].kind != VariableKind::kNumber &&
         (grid.resolution == 1 || WholeInverse(grid.resolution) > 0);
}

void OrderPart::Start(State& state) const {
  std::vector<double>& brackets = state.vectors[Key("brackets")];
  const std::size_t targets = grouping_.n_levels() * options_.probabilities.size() * kTargets;
  for (const Grid& grid : grids_) {
    for (std::size_t i = 0; i < targets; ++i) {
      brackets.push_back(0);
      brackets.push_back(static_cast<double>(grid.n_cells));
    }
  }
}

bool OrderPart::Accepts(const State& state) const {
  const std::vector<double>& brackets = state.Get(Key("brackets"));
  const std::size_t own = 2 * kTargets * grouping_.n_levels() * options_.probabilities.size();
  if (brackets.size() != grids_.size() * own) return false;
  for (std::size_t i = 0; i < brackets.size(); i += 2) {
    const double lo = brackets[i], hi = brackets[i + 1];
    const auto n_cells = static_cast<double>(grids_[i / own].n_cells);
    if (!(lo >= 0 && lo < hi && hi <= n_cells && lo == std::floor(lo) && hi == std::floor(hi))) {
      return false;
    }
  }
  return true;
}

std::size_t OrderPart::length_max() const {
  std::size_t length = 0;
  for (const Grid& grid : grids_) {
    length += grouping_.n_levels() * (1 + options_.probabilities.size() * kTargets *
                                              (1 + static_cast<std::size_t>(grid.n_bins)));
  }
  return length;
}

std::vector<std::vector<OrderPart::Bracket>> OrderPart::BracketsOf(const State& state) const {
  const std::vector<double>& stored = state.Get(Key("brackets"));
  const std::size_t levels = grouping_.n_levels();
  std::vector<std::vector<Bracket>> all(grids_.size() * levels);
  std::size_t offset = 0;
  for (std::size_t v = 0; v < grids_.size(); ++v) {
    for (std::size_t level = 0; level < levels; ++level) {
      std::vector<Bracket>& own = all[v * levels + level];
      const std::size_t first = Target(v, level, 0);
      for (std::size_t t = first; t < first + options_.probabilities.size() * kTargets; ++t) {
        const auto lo = static_cast<std::int64_t>(stored[2 * t]);
        const auto hi = static_cast<std::int64_t>(stored[2 * t + 1]);
        const bool known = std::any_of(own.begin(), own.end(),
                                       [&](const Bracket& b) { return b.lo == lo && b.hi == hi; });
        if (known) continue;
        const std::int64_t k = grids_[v].n_bins;
        own.push_back({.lo = lo, .hi = hi, .width = (hi - lo + k - 1) / k, .offset = offset});
        offset += 1 + own.back().n_bins();
      }
    }
  }
  return all;
}

void OrderPart::AppendLayout(const State& state, Layout& layout) const {
  std::size_t length = 0;
  for (const auto& own : BracketsOf(state)) {
    for (const Bracket& b : own) length += 1 + b.n_bins();
  }
  layout.blocks.push_back({.name = Key("n"),
                           .length = grids_.size() * grouping_.n_levels(),
                           .bound = 1,
                           .integral = true});
  layout.blocks.push_back({.name = Key("bins"), .length = length, .bound = 1, .integral = true});
}

void OrderPart::Contribute(const PersonTable& table, std::size_t begin, std::size_t end,
                           const State& state, std::span<double> out) const {
  const std::size_t levels = grouping_.n_levels();
  const auto brackets = BracketsOf(state);
  const std::span<double> bins = out.subspan(grids_.size() * levels);
  for (std::size_t v = 0; v < grids_.size(); ++v) {
    const Grid& grid = grids_[v];
    const std::span<const double> x = table.column(grid.variable);
    for (std::size_t person = begin; person < end; ++person) {
      if (PersonTable::IsMissing(x[person])) continue;
      const std::size_t level = grouping_.CellOf(table, person);
      if (level >= levels) continue;
      out[v * levels + level] += 1;
      const std::int64_t cell = grid.CellOf(x[person]);
      for (const Bracket& b : brackets[v * levels + level]) {
        if (cell >= b.hi) continue;
        const std::int64_t bin = cell < b.lo ? 0 : 1 + (cell - b.lo) / b.width;
        bins[b.offset + static_cast<std::size_t>(bin)] += 1;
      }
    }
  }
}

OrderPart::Ranks OrderPart::RanksOf(std::int64_t n, double probability) const {
  const auto count = static_cast<double>(n);
  if (options_.type == 1) {
    const double np = count * probability, j = std::floor(np + kFuzz * std::max(1.0, np));
    const bool next = np - j > kFuzz * std::max(1.0, np);
    const auto rank = std::clamp<std::int64_t>(static_cast<std::int64_t>(j) + (next ? 1 : 0), 1, n);
    return {rank, rank, 0};
  }
  const double index = 1 + (count - 1) * probability;
  const double lo = std::floor(index + kFuzz * index);
  const double weight = index - lo > kFuzz * index ? index - lo : 0;
  const auto rank = std::clamp<std::int64_t>(static_cast<std::int64_t>(lo), 1, n);
  return {rank, std::min(n, rank + (weight > 0 ? 1 : 0)), weight};
}

// Moves `bracket` to the bin that holds the rank. True if that bin is one cell.
bool OrderPart::Narrow(const Grid& grid, std::span<const Bracket> brackets,
                       std::span<const double> bins, std::int64_t rank, double* bracket) const {
  const auto it = std::find_if(brackets.begin(), brackets.end(), [&](const Bracket& b) {
    return static_cast<double>(b.lo) == bracket[0] && static_cast<double>(b.hi) == bracket[1];
  });
  std::int64_t seen = std::llround(bins[it->offset]);
  if (rank > seen) {
    for (std::size_t i = 0; i < it->n_bins(); ++i) {
      seen += std::llround(bins[it->offset + 1 + i]);
      if (seen < rank) continue;
      const std::int64_t lo = it->lo + static_cast<std::int64_t>(i) * it->width;
      bracket[0] = static_cast<double>(lo);
      bracket[1] = static_cast<double>(std::min(it->hi, lo + it->width));
      return it->width == 1;
    }
  }
  bracket[0] = 0;
  bracket[1] = static_cast<double>(grid.n_cells);
  return false;
}

bool OrderPart::UpdateLevel(std::span<const Bracket> brackets, std::span<const double> bins,
                            std::size_t variable, std::size_t level, State& after) const {
  const Grid& grid = grids_[variable];
  const std::int64_t n = N(after, variable, level);
  std::vector<double>& stored = after.vectors[Key("brackets")];
  std::vector<double>& values = after.vectors[Key("values")];
  bool resolved = true;
  for (std::size_t q = 0; q < options_.probabilities.size(); ++q) {
    double& value = values[Target(variable, level, q) / kTargets];
    if (n == 0) continue;  // no rank to look for: the value stays NaN
    const Ranks ranks = RanksOf(n, options_.probabilities[q]);
    const std::size_t t = Target(variable, level, q);
    double* const lo = stored.data() + 2 * t;
    double* const hi = stored.data() + 2 * (t + 1);
    const bool found_lo = Narrow(grid, brackets, bins, ranks.lo, lo);
    const bool found_hi = Narrow(grid, brackets, bins, ranks.hi, hi);
    resolved = resolved && found_lo && found_hi;
    const double a = grid.ValueOf(static_cast<std::int64_t>(*lo));
    const double b = grid.ValueOf(static_cast<std::int64_t>(*hi));
    value = a == b ? a : (1 - ranks.weight) * a + ranks.weight * b;
  }
  return resolved;
}

absl::StatusOr<bool> OrderPart::Update(const State& before, const SecureSum& sum,
                                       State& after) const {
  const auto n = sum.block(Key("n")), bins = sum.block(Key("bins"));
  after.vectors[Key("n")].assign(n.begin(), n.end());
  const std::size_t levels = grouping_.n_levels();
  after.vectors[Key("values")].assign(grids_.size() * levels * options_.probabilities.size(),
                                      std::numeric_limits<double>::quiet_NaN());
  const auto brackets = BracketsOf(before);
  bool resolved = true;
  for (std::size_t v = 0; v < grids_.size(); ++v) {
    for (std::size_t level = 0; level < levels; ++level) {
      if (!UpdateLevel(brackets[v * levels + level], bins, v, level, after)) {
        resolved = false;
      }
    }
  }
  return resolved;
}

std::int64_t OrderPart::N(const State& state, std::size_t variable, std::size_t level) const {
  return std::llround(state.Get(Key("n"))[variable * grouping_.n_levels() + level]);
}

double OrderPart::Quantile(const State& state, std::size_t variable, std::size_t level,
                           std::size_t probability) const {
  return state.Get(Key("values"))[Target(variable, level, probability) / kTargets];
}

}  // namespace essaim::descriptive
