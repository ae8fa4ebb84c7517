#include "algorithms/descriptive/counts_part.h"

#include <cmath>

namespace essaim::descriptive {

Axis AxisOf(const Grouping& grouping) {
  return {.n_cells = grouping.n_cells(),
          .cell_of = [grouping](const PersonTable& table, std::size_t person) {
            return grouping.CellOf(table, person);
          }};
}

void CountsPart::Start(State&) const {}

bool CountsPart::Accepts(const State&) const { return true; }

void CountsPart::AppendLayout(const State&, Layout& layout) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    layout.blocks.push_back({.name = BlockName(i),
                             .length = rows_[i].n_cells * columns_.n_cells,
                             .bound = 1,
                             .integral = true});
  }
}

std::size_t CountsPart::length_max() const {
  std::size_t length = 0;
  for (const Axis& axis : rows_) length += axis.n_cells * columns_.n_cells;
  return length;
}

void CountsPart::Contribute(const PersonTable& table, std::size_t begin, std::size_t end,
                            const State&, std::span<double> out) const {
  std::vector<std::size_t> columns;
  columns.reserve(end - begin);
  for (std::size_t person = begin; person < end; ++person) {
    columns.push_back(columns_.cell_of(table, person));
  }
  std::size_t offset = 0;
  for (const Axis& axis : rows_) {
    for (std::size_t person = begin; person < end; ++person) {
      const std::size_t row = axis.cell_of(table, person);
      out[offset + row * columns_.n_cells + columns[person - begin]] += 1;
    }
    offset += axis.n_cells * columns_.n_cells;
  }
}

absl::StatusOr<bool> CountsPart::Update(const State&, const SecureSum& sum, State& after) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::span<const double> counts = sum.block(BlockName(i));
    after.vectors[BlockName(i)].assign(counts.begin(), counts.end());
  }
  return true;
}

std::int64_t CountsPart::Count(const State& state, std::size_t axis, std::size_t row,
                               std::size_t column) const {
  return std::llround(state.Get(BlockName(axis))[row * columns_.n_cells + column]);
}

}  // namespace essaim::descriptive
