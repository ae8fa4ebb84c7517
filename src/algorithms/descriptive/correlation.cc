#include "algorithms/descriptive/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "algorithms/descriptive/part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"
#include "math/distributions.h"

namespace essaim::descriptive {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kVariablesMax = 200;

std::size_t Triangle(std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; }  // j <= i

struct Pair {
  double n = 0, covariance = kNaN, correlation = kNaN;
};

class CovariancePart final : public Part {
 public:
  CovariancePart(std::string prefix, const Schema& schema, std::vector<std::size_t> variables,
                 bool listwise)
      : Part(std::move(prefix)), variables_(std::move(variables)), listwise_(listwise) {
    for (const std::size_t v : variables_) {
      lower_.push_back(schema.variables()[v].lower);
      upper_.push_back(schema.variables()[v].upper);
    }
  }

  void Start(State& state) const override {
    std::vector<double>& centres = state.vectors[Key("centre")];
    for (std::size_t i = 0; i < p(); ++i) {
      centres.push_back(lower_[i] + (upper_[i] - lower_[i]) / 2);
    }
  }

  bool Accepts(const State& state) const override {
    const std::vector<double>& centres = state.Get(Key("centre"));
    if (centres.size() != p()) return false;
    for (std::size_t i = 0; i < p(); ++i) {
      if (!(centres[i] >= lower_[i] && centres[i] <= upper_[i])) return false;
    }
    return true;
  }

  void AppendLayout(const State&, Layout& layout) const override {
    const std::size_t triangle = p() * (p() + 1) / 2;
    layout.blocks.push_back(
        {.name = Key("n"), .length = listwise_ ? 1 : triangle, .bound = 1, .integral = true});
    layout.blocks.push_back(
        {.name = Key("sums"), .length = listwise_ ? p() : p() * p(), .bound = 1});
    if (!listwise_) {
      layout.blocks.push_back({.name = Key("squares"), .length = p() * p(), .bound = 1});
    }
    layout.blocks.push_back({.name = Key("products"), .length = triangle, .bound = 1});
  }

  std::size_t length_max() const override { return 3 * p() * (p() + 1); }

  void Contribute(const PersonTable& table, std::size_t begin, std::size_t end, const State& state,
                  std::span<double> out) const override {
    const std::vector<double> centres = state.Get(Key("centre"));
    std::vector<double> y(p());
    std::vector<std::size_t> present;
    for (std::size_t person = begin; person < end; ++person) {
      present.clear();
      for (std::size_t i = 0; i < p(); ++i) {
        const double x = table.at(person, variables_[i]);
        if (PersonTable::IsMissing(x)) continue;
        present.push_back(i);
        y[i] = (x - centres[i]) / Reach(i, centres[i]);
      }
      if (listwise_) {
        if (present.size() == p()) AddListwise(y, out);
      } else {
        AddPairwise(y, present, out);
      }
    }
  }

  absl::StatusOr<bool> Update(const State& before, const SecureSum& sum,
                              State& after) const override {
    const std::vector<double> old = before.Get(Key("centre"));
    std::vector<double>& centres = after.vectors[Key("centre")];
    std::vector<double>& out = after.vectors[Key("pairs")];
    out.clear();
    for (std::size_t i = 0; i < p(); ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const Pair pair = PairOf(sum, i, j, Reach(i, old[i]), Reach(j, old[j]));
        out.insert(out.end(), {pair.n, pair.covariance, pair.correlation});
      }
      const double n = sum.block(Key("n"))[listwise_ ? 0 : Triangle(i, i)];
      const double s = sum.block(Key("sums"))[listwise_ ? i : i * p() + i];
      if (n > 0) centres[i] = std::clamp(old[i] + Reach(i, old[i]) * s / n, lower_[i], upper_[i]);
    }
    return before.round > 0;
  }

  Pair Of(const State& state, std::size_t i, std::size_t j) const {
    const double* field = state.Get(Key("pairs")).data() + 3 * Triangle(i, j);
    return {field[0], field[1], field[2]};
  }

 private:
  std::size_t p() const { return variables_.size(); }

  double Reach(std::size_t i, double centre) const {
    const double reach = std::max(upper_[i] - centre, centre - lower_[i]);
    return reach > 0 ? reach : 1;
  }

  void AddListwise(const std::vector<double>& y, std::span<double> out) const {
    out[0] += 1;
    double* const sums = out.data() + 1;
    double* product = sums + p();
    for (std::size_t i = 0; i < p(); ++i) {
      sums[i] += y[i];
      for (std::size_t j = 0; j <= i; ++j) *product++ += y[i] * y[j];
    }
  }

  void AddPairwise(const std::vector<double>& y, const std::vector<std::size_t>& present,
                   std::span<double> out) const {
    const std::size_t triangle = p() * (p() + 1) / 2;
    double* const n = out.data();
    double* const sums = n + triangle;
    double* const squares = sums + p() * p();
    double* const products = squares + p() * p();
    for (const std::size_t i : present) {
      for (const std::size_t j : present) {
        sums[i * p() + j] += y[i];
        squares[i * p() + j] += y[i] * y[i];
        if (j > i) continue;
        n[Triangle(i, j)] += 1;
        products[Triangle(i, j)] += y[i] * y[j];
      }
    }
  }

  Pair PairOf(const SecureSum& sum, std::size_t i, std::size_t j, double reach_i,
              double reach_j) const {
    const auto sums = sum.block(Key("sums")), products = sum.block(Key("products"));
    Pair pair{.n = std::round(sum.block(Key("n"))[listwise_ ? 0 : Triangle(i, j)])};
    if (pair.n < 2) return pair;
    const double a = sums[listwise_ ? i : i * p() + j], b = sums[listwise_ ? j : j * p() + i];
    const double ii = listwise_ ? products[Triangle(i, i)] : sum.block(Key("squares"))[i * p() + j];
    const double jj = listwise_ ? products[Triangle(j, j)] : sum.block(Key("squares"))[j * p() + i];
    const double cross = products[Triangle(i, j)] - a * (b / pair.n);
    pair.covariance = reach_i * reach_j * cross / (pair.n - 1);
    const double scale = std::sqrt(ii - a * (a / pair.n)) * std::sqrt(jj - b * (b / pair.n));
    if (scale > 0) pair.correlation = i == j ? 1 : std::clamp(cross / scale, -1.0, 1.0);
    return pair;
  }

  std::vector<std::size_t> variables_;
  bool listwise_;
  std::vector<double> lower_, upper_;
};

// Of a correlation of zero, by Student's t.
double PValue(const Pair& pair) {
  if (pair.n < 3 || !(std::fabs(pair.correlation) <= 1)) return kNaN;
  const double r = pair.correlation;
  if (std::fabs(r) == 1) return 0;
  const double t = r * std::sqrt((pair.n - 2) / ((1 - r) * (1 + r)));
  return std::min(1.0, 2 * StudentTCdf(-std::fabs(t), pair.n - 2));
}

class CorrelationMatrix final : public PartsAlgorithm {
 public:
  CorrelationMatrix(const Schema& schema, std::vector<std::string> names,
                    std::vector<std::size_t> variables, bool listwise)
      : names_(std::move(names)) {
    part_ = &AddPart<CovariancePart>("covariance", schema, std::move(variables), listwise);
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    ResultTable table{.id = "pairs", .title = "Covariance and correlation"};
    table.columns = {TextColumn("a", "Variable"),
                     TextColumn("b", "With"),
                     CountColumn("n", "n"),
                     NumberColumn("covariance", "Covariance", 2),
                     NumberColumn("correlation", "Correlation", 2),
                     PValueColumn()};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const Pair pair = part_->Of(state, i, j);
        table.rows.push_back({Text(names_[i]), Text(names_[j]), Count(std::llround(pair.n)),
                              Real(pair.covariance), Real(pair.correlation),
                              i == j ? Cell(std::monostate()) : Real(PValue(pair))});
      }
    }
    return Result{.algorithm = "descriptive/correlation",
                  .label = {.tolerance = 1e-12, .reference = "R 4.2.2 cov(), cor()"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
  }

 private:
  std::vector<std::string> names_;
  const CovariancePart* part_;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  std::vector<std::string> names = setup.params.Texts("variables");
  if (names.size() > kVariablesMax) {
    return absl::InvalidArgumentError("parameter 'variables': at most 200 are correlated at once");
  }
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::size_t> variables, NumericIndices(setup.schema, names));
  const bool listwise = setup.params.Text("missing", "pairwise") == "listwise";
  return Checked(std::make_unique<CorrelationMatrix>(setup.schema, std::move(names),
                                                     std::move(variables), listwise));
}

}  // namespace

AlgorithmInfo CorrelationInfo() {
  return {.name = "descriptive/correlation",
          .title = "Covariance and correlation",
          .description = "Covariance and Pearson correlation of every pair of some numbers.",
          .params = {{.name = "variables",
                      .type = ParamType::kVariables,
                      .required = true,
                      .description = "Numbers or booleans."},
                     {.name = "missing",
                      .type = ParamType::kText,
                      .description = "Persons with a missing value: left out of the pairs that it "
                                     "touches (pairwise, the default) or of all (listwise).",
                      .choices = {"pairwise", "listwise"}}},
          .make = Make,
          .examples = [] {
            const std::vector<std::string> variables = {"age", "dose", "score", "visits"};
            return std::vector<Params>{
                Params{{{"variables", variables}}},
                Params{{{"variables", variables}, {"missing", std::string("listwise")}}}};
          }};
}

}  // namespace essaim::descriptive
