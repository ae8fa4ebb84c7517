// Quantiles exact to a resolution, by rounds of counts.
//
// A variable's range is cut into cells of the resolution: x falls in cell round(x / resolution). A
// quantile is one or two order statistics; each keeps a bracket of cells that holds it, and a round
// counts the persons below the bracket and in k equal bins of it, so r rounds search k^r cells. A
// rank that is no longer inside its bracket (a site was lost) starts again from the whole range.
//
// Statistic of a round: n[variable][cell], then for every variable, cell and differing bracket:
// below[1] | bins[k]. All whole numbers with bound 1.
// Reference: Hyndman & Fan (1996), The American Statistician 50(4), types 1 and 7.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/descriptive/grouping.h"
#include "algorithms/descriptive/part.h"

namespace essaim::descriptive {

// The cells of one variable: cell i stands for the value (first + i) * resolution.
struct Grid {
  std::size_t variable = 0;
  double lower = 0, upper = 1;  // reported values stay inside
  double resolution = 1;
  std::int64_t first = 0;
  std::int64_t n_cells = 1;
  std::int64_t n_bins = 1;  // of a round

  double ValueOf(std::int64_t cell) const;
  std::int64_t CellOf(double x) const;
};

struct OrderOptions {
  std::vector<double> probabilities;
  int type = 7;    // Hyndman & Fan: 1 or 7
  int rounds = 3;  // to answer in, when no site is lost
};

// 1 for whole numbers, else the power of ten that cuts the range into 1,000 to 10,000 cells.
double DefaultResolution(const Variable& variable);
// kInvalidArgument: a resolution that is not positive or cuts the range into more than 2^40 cells.
absl::StatusOr<Grid> MakeGrid(const Schema& schema, std::size_t variable, double resolution,
                              int rounds);
// Is every value that the schema allows a multiple of the resolution, so that nothing is rounded?
bool OnGrid(const Schema& schema, const Grid& grid);

class OrderPart : public Part {
 public:
  OrderPart(std::string prefix, std::vector<Grid> grids, Grouping grouping, OrderOptions options)
      : Part(std::move(prefix)),
        grids_(std::move(grids)),
        grouping_(std::move(grouping)),
        options_(std::move(options)) {}

  void Start(State& state) const override;
  bool Accepts(const State& state) const override;
  void AppendLayout(const State& state, Layout& layout) const override;
  std::size_t length_max() const override;
  void Contribute(const PersonTable& table, std::size_t begin, std::size_t end, const State& state,
                  std::span<double> out) const override;
  absl::StatusOr<bool> Update(const State& before, const SecureSum& sum,
                              State& after) const override;

  // Persons with a value, in a level of the grouping (the missing level is left out).
  std::int64_t N(const State& state, std::size_t variable, std::size_t level) const;
  // NaN if there is none.
  double Quantile(const State& state, std::size_t variable, std::size_t level,
                  std::size_t probability) const;

 private:
  struct Bracket {
    std::int64_t lo, hi;  // cells [lo, hi)
    std::int64_t width;   // cells of a bin
    std::size_t offset;   // of its first element in "bins"

    std::size_t n_bins() const { return static_cast<std::size_t>((hi - lo + width - 1) / width); }
  };

  // Which order statistics, from 1, and how they mix: (1 - weight) x[lo] + weight x[hi].
  struct Ranks {
    std::int64_t lo, hi;
    double weight;
  };

  static constexpr std::size_t kTargets = 2;  // order statistics a quantile

  Ranks RanksOf(std::int64_t n, double probability) const;

  std::size_t Target(std::size_t variable, std::size_t level, std::size_t probability) const {
    return ((variable * grouping_.n_levels() + level) * options_.probabilities.size() +
            probability) *
           kTargets;
  }

  // The differing brackets of every (variable, level), at variable * n_levels + level.
  std::vector<std::vector<Bracket>> BracketsOf(const State& state) const;
  bool Narrow(const Grid& grid, std::span<const Bracket> brackets, std::span<const double> bins,
              std::int64_t rank, double* bracket) const;
  bool UpdateLevel(std::span<const Bracket> brackets, std::span<const double> bins,
                   std::size_t variable, std::size_t level, State& after) const;

  std::vector<Grid> grids_;
  Grouping grouping_;
  OrderOptions options_;
};

}  // namespace essaim::descriptive
