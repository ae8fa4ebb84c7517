#include "algorithms/descriptive/moments_part.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace essaim::descriptive {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// One entry a Moments field in the state.
enum Field : std::size_t { kPersons, kN, kMean, kVariance, kSkewness, kFields };

}  // namespace

double Moments::sd() const { return std::sqrt(variance); }

MomentsPart::MomentsPart(std::string prefix, const Schema& schema,
                         std::vector<std::size_t> variables, Grouping grouping, int order)
    : Part(std::move(prefix)),
      variables_(std::move(variables)),
      grouping_(std::move(grouping)),
      order_(static_cast<std::size_t>(order)) {
  for (const std::size_t v : variables_) {
    lower_.push_back(schema.variables()[v].lower);
    upper_.push_back(schema.variables()[v].upper);
  }
}

void MomentsPart::Start(State& state) const {
  std::vector<double>& centres = state.vectors[Key("centre")];
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    centres.insert(centres.end(), grouping_.n_cells(), lower_[i] + (upper_[i] - lower_[i]) / 2);
  }
}

bool MomentsPart::Accepts(const State& state) const {
  const std::vector<double>& centres = state.Get(Key("centre"));
  const std::size_t cells = grouping_.n_cells();
  if (centres.size() != variables_.size() * cells) return false;
  for (std::size_t e = 0; e < centres.size(); ++e) {
    if (!(centres[e] >= lower_[e / cells] && centres[e] <= upper_[e / cells])) return false;
  }
  return true;
}

void MomentsPart::AppendLayout(const State&, Layout& layout) const {
  const std::size_t cells = grouping_.n_cells(), p = variables_.size();
  layout.blocks.push_back({.name = Key("persons"), .length = cells, .bound = 1, .integral = true});
  layout.blocks.push_back({.name = Key("n"), .length = cells * p, .bound = 1, .integral = true});
  layout.blocks.push_back({.name = Key("sums"), .length = cells * p * order_, .bound = 1});
}

MomentsPart::Scale MomentsPart::ScaleOf(const State& state, std::size_t variable,
                                        std::size_t cell) const {
  const double centre = state.Get(Key("centre"))[variable * grouping_.n_cells() + cell];
  const double reach = std::max(upper_[variable] - centre, centre - lower_[variable]);
  return {centre, reach > 0 ? reach : 1};
}

std::size_t MomentsPart::length_max() const {
  return grouping_.n_cells() * (1 + variables_.size() * (1 + order_));
}

void MomentsPart::Contribute(const PersonTable& table, std::size_t begin, std::size_t end,
                             const State& state, std::span<double> out) const {
  for (std::size_t person = begin; person < end; ++person) {
    out[grouping_.CellOf(table, person)] += 1;
  }
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    ContributeVariable(table, begin, end, state, i, out.subspan(grouping_.n_cells()));
  }
}

void MomentsPart::ContributeVariable(const PersonTable& table, std::size_t begin, std::size_t end,
                                     const State& state, std::size_t variable,
                                     std::span<double> out) const {
  const std::size_t cells = grouping_.n_cells(), p = variables_.size();
  std::vector<Scale> scales;
  for (std::size_t cell = 0; cell < cells; ++cell) scales.push_back(ScaleOf(state, variable, cell));
  const std::span<const double> x = table.column(variables_[variable]);
  const std::span<double> n = out.subspan(variable * cells, cells);
  const std::span<double> sums = out.subspan(cells * p + variable * cells * order_);
  for (std::size_t person = begin; person < end; ++person) {
    if (PersonTable::IsMissing(x[person])) continue;
    const std::size_t cell = grouping_.CellOf(table, person);
    const double y = (x[person] - scales[cell].centre) / scales[cell].half_width;
    n[cell] += 1;
    double power = y;
    for (std::size_t k = 0; k < order_; ++k, power *= y) sums[cell * order_ + k] += power;
  }
}

Moments MomentsPart::Compute(std::span<const double> n, std::span<const double> sums,
                             double persons, std::size_t element, Scale scale) const {
  Moments m{.persons = std::llround(persons),
            .n = std::llround(n[element]),
            .mean = kNaN,
            .variance = kNaN,
            .skewness = kNaN};
  if (m.n == 0) return m;
  const double count = static_cast<double>(m.n);
  const double* s = sums.data() + element * order_;
  const double d = s[0] / count;  // the mean of y: 0 but for rounding when c was the mean
  m.mean = scale.centre + scale.half_width * d;
  if (order_ < 2 || m.n < 2) return m;
  const double h2 = scale.half_width * scale.half_width;
  const double squares = std::max(0.0, s[1] - s[0] * d);
  m.variance = h2 * squares / (count - 1);
  if (order_ < 3 || squares <= 0) return m;
  const double cubes = s[2] - 3 * d * s[1] + 2 * d * d * s[0];
  m.skewness = (cubes / count) / std::pow(squares / count, 1.5);
  return m;
}

absl::StatusOr<bool> MomentsPart::Update(const State& before, const SecureSum& sum,
                                         State& after) const {
  const std::size_t cells = grouping_.n_cells();
  const auto persons = sum.block(Key("persons")), n = sum.block(Key("n")),
             sums = sum.block(Key("sums"));
  std::vector<double>& centres = after.vectors[Key("centre")];
  std::vector<double>& out = after.vectors[Key("moments")];
  out.assign(variables_.size() * cells * kFields, kNaN);
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const std::size_t e = i * cells + cell;
      const Moments m = Compute(n, sums, persons[cell], e, ScaleOf(before, i, cell));
      double* field = out.data() + e * kFields;
      field[kPersons] = static_cast<double>(m.persons);
      field[kN] = static_cast<double>(m.n);
      field[kMean] = m.mean;
      field[kVariance] = m.variance;
      field[kSkewness] = m.skewness;
      if (m.n > 0) centres[e] = std::clamp(m.mean, lower_[i], upper_[i]);
    }
  }
  return before.round > 0;
}

Moments MomentsPart::Of(const State& state, std::size_t variable, std::size_t cell) const {
  const double* field =
      state.Get(Key("moments")).data() + (variable * grouping_.n_cells() + cell) * kFields;
  return {.persons = std::llround(field[kPersons]),
          .n = std::llround(field[kN]),
          .mean = field[kMean],
          .variance = field[kVariance],
          .skewness = field[kSkewness]};
}

}  // namespace essaim::descriptive
