// Counts of persons over a grid: the levels of some variables, each crossed with a grouping.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "algorithms/descriptive/grouping.h"
#include "algorithms/descriptive/part.h"

namespace essaim::descriptive {

// Where a person falls in one axis: a cell below n_cells.
struct Axis {
  std::size_t n_cells = 1;
  std::function<std::size_t(const PersonTable&, std::size_t person)> cell_of;
};

Axis AxisOf(const Grouping& grouping);

// One integral block an axis, its cells times the columns' cells, row-major. Resolved by any sum.
class CountsPart : public Part {
 public:
  CountsPart(std::string prefix, std::vector<Axis> rows, Axis columns)
      : Part(std::move(prefix)), rows_(std::move(rows)), columns_(std::move(columns)) {}

  void Start(State& state) const override;
  bool Accepts(const State& state) const override;
  void AppendLayout(const State& state, Layout& layout) const override;
  std::size_t length_max() const override;
  void Contribute(const PersonTable& table, std::size_t begin, std::size_t end, const State& state,
                  std::span<double> out) const override;
  absl::StatusOr<bool> Update(const State& before, const SecureSum& sum,
                              State& after) const override;

  // Persons in cell `row` of axis `axis` and cell `column`, from the last sum.
  std::int64_t Count(const State& state, std::size_t axis, std::size_t row,
                     std::size_t column = 0) const;

 private:
  std::string BlockName(std::size_t axis) const { return Key("n" + std::to_string(axis)); }

  std::vector<Axis> rows_;
  Axis columns_;
};

}  // namespace essaim::descriptive
