#include "tests/conformance/conformance_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "algo/conformance_schema.h"
#include "base/check.h"

namespace essaim::conformance {
namespace {

constexpr double kMissingShare = 0.02;

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

// A value near-normal in [-1, 1]: four uniforms.
double Bell(Lcg& lcg) {
  return (lcg.Uniform() + lcg.Uniform() + lcg.Uniform() + lcg.Uniform()) / 2 - 1;
}

double Grid(double x, double step) { return std::round(x / step) * step; }

// One person, in the order of ConformanceSchema().
std::vector<double> Person(std::size_t site, Lcg& lcg) {
  const double age = std::clamp(Grid(55 + 30 * Bell(lcg), 0.5), 18.0, 90.0);
  const double dose = Grid(10 * lcg.Uniform(), 0.25);
  const double score = std::clamp(4 * Bell(lcg) + 0.2 * static_cast<double>(site), -4.0, 4.0);
  const double sex = lcg.Uniform() < 0.5 ? 1 : 0;
  const double stage = static_cast<double>(lcg.Below(site == 1 ? 3 : 4));
  const double arm = lcg.Uniform() < 0.5 ? 1 : 0;
  const double visits =
      std::min(50.0, std::floor(-2.5 * (1 + 0.3 * arm) * std::log(1 - lcg.Uniform())));
  const double cost =
      std::clamp(Grid(20 * std::exp(0.9 * Bell(lcg) + 0.2 * stage), 0.01), 0.5, 200.0);
  const double linear = -0.6 + 0.03 * (age - 55) - 0.12 * (dose - 5) + 0.5 * (stage - 1.5);
  const double outcome = lcg.Uniform() < Logistic(linear) ? 1 : 0;
  const double death = -80 * std::exp(-0.4 * linear) * std::log(1 - lcg.Uniform());
  const double censoring = 20 + 180 * lcg.Uniform();
  const double time = std::clamp(std::ceil(std::min(death, censoring)), 1.0, 200.0);
  const double event = death <= censoring ? 1 : 0;
  const double weight = Grid(0.5 + 1.5 * lcg.Uniform(), 0.05);
  const double split = lcg.Uniform() < 0.3 ? 1 : 0;
  const double risk = Grid(Logistic(linear + 0.8 * Bell(lcg)), 0.01);
  std::vector<double> row = {age, dose,    score, visits, cost,   sex,   stage,
                             arm, outcome, time,  event,  weight, split, risk};
  for (double& x : row) {
    if (lcg.Uniform() < kMissingShare) x = std::numeric_limits<double>::quiet_NaN();
  }
  return row;
}

}  // namespace

std::vector<std::string> SiteNames() { return {"north", "south", "west"}; }

std::vector<PersonTable> ConformanceTables() {
  const std::size_t sizes[] = {120, 90, 100};
  const Schema schema = ConformanceSchema();
  std::vector<PersonTable> tables;
  Lcg lcg(20260131);
  for (std::size_t site = 0; site < std::size(sizes); ++site) {
    std::vector<std::vector<double>> columns(schema.size());
    for (std::size_t i = 0; i < sizes[site]; ++i) {
      const std::vector<double> row = Person(site, lcg);
      for (std::size_t v = 0; v < row.size(); ++v) columns[v].push_back(row[v]);
    }
    auto table = PersonTable::Make(schema, std::move(columns), site);
    ESSAIM_CHECK(table.ok());
    tables.push_back(*std::move(table));
  }
  return tables;
}

}  // namespace essaim::conformance
