#include "algorithms/descriptive/site_distance.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/descriptive/bins.h"
#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/render.h"
#include "algorithms/descriptive/setup.h"
#include "base/status_macros.h"

namespace essaim::descriptive {
namespace {

constexpr double kPersonsMax = 0x1p30;  // of one site
constexpr double kAllMax = 0x1p40;      // of all sites, in a state that others sent
constexpr int kMinimumDefault = 10;
constexpr double kSteps = 100;  // a distance of 1

// Of two histograms over the same cells, those that are small in either put together.
double Distance(std::span<const double> own, std::span<const double> all, double minimum) {
  double total_own = 0, total_all = 0, rest_own = 0, rest_all = 0, divergence = 0;
  for (std::size_t i = 0; i < own.size(); ++i) total_own += own[i], total_all += all[i];
  if (!(total_own > 0) || !(total_all > 0)) return 0;
  const auto add = [&](double n_own, double n_all) {
    const double p = n_own / total_own, q = n_all / total_all, middle = (p + q) / 2;
    if (p > 0) divergence += p * std::log2(p / middle) / 2;
    if (q > 0) divergence += q * std::log2(q / middle) / 2;
  };
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i] < minimum || all[i] < minimum) {
      rest_own += own[i], rest_all += all[i];
    } else {
      add(own[i], all[i]);
    }
  }
  add(rest_own, rest_all);
  return std::sqrt(std::clamp(divergence, 0.0, 1.0));  // rounding may leave -1e-17
}

class SiteDistance final : public Algorithm {
 public:
  SiteDistance(std::string name, Axis axis, std::vector<std::string> sites, double minimum)
      : name_(std::move(name)),
        axis_(std::move(axis)),
        sites_(std::move(sites)),
        minimum_(minimum) {}

  State Start() const override { return {}; }

  Layout LayoutFor(const State& state) const override {
    Layout layout{.additivity = Additivity::kPerNode};
    if (!Accepts(state)) return layout;
    layout.blocks = {
        {.name = "n", .length = axis_.n_cells, .bound = kPersonsMax, .integral = true},
        {.name = "told", .length = sites_.size(), .bound = 1, .integral = true},
        {.name = "distance", .length = sites_.size(), .bound = kSteps, .integral = true}};
    return layout;
  }

  absl::Status LocalStatistic(const PersonTable& table, const State& state,
                              std::span<double> out) const override {
    if (!Accepts(state))
      return absl::InvalidArgumentError("a state with counts that are none, or too many rounds");
    if (out.size() != LayoutFor(state).length())
      return absl::InvalidArgumentError("the vector has not the layout's length");
    if (table.site() >= sites_.size())
      return absl::InvalidArgumentError("a site that is not in the study");
    if (static_cast<double>(table.n_persons()) > kPersonsMax)
      return absl::InvalidArgumentError("more than 2^30 persons at one site");
    const std::span<double> own = out.first(axis_.n_cells);
    for (std::size_t person = 0; person < table.n_persons(); ++person)
      own[axis_.cell_of(table, person)] += 1;
    if (!state.Has("n") || static_cast<double>(table.n_persons()) < minimum_)
      return absl::OkStatus();
    out[axis_.n_cells + table.site()] = 1;
    out[axis_.n_cells + sites_.size() + table.site()] =
        std::round(kSteps * Distance(own, state.Get("n"), minimum_));
    return absl::OkStatus();
  }

  // Distances are of the sum of the same sites: where a site was lost they are asked for again.
  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override {
    State next;
    next.round = state.round + 1;
    const auto copy = [&](std::string_view block) {
      const auto values = sum.block(block);
      return std::vector<double>(values.begin(), values.end());
    };
    next.vectors["n"] = copy("n");
    next.vectors["sites"].assign(sum.sites().begin(), sum.sites().end());
    if (state.Get("n") != next.Get("n") || state.Get("sites") != next.Get("sites")) return next;
    next.vectors["told"] = copy("told");
    next.vectors["distance"] = copy("distance");
    next.done = true;
    return next;
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    const std::vector<double>&told = state.Get("told"), &distance = state.Get("distance");
    if (told.size() != sites_.size() || distance.size() != sites_.size())
      return absl::InvalidArgumentError("a state without distances");
    ResultTable table{.id = "distances",
                      .title = absl::StrCat("Distance of each site's ", name_,
                                            " to all sites together (Jensen-Shannon)")};
    table.columns = {TextColumn("site", "Site"), NumberColumn("distance", "Distance")};
    bool silent = false;
    for (const double at : state.Get("sites")) {
      const auto site = static_cast<std::size_t>(at);
      if (!(at >= 0) || site >= sites_.size())
        return absl::InvalidArgumentError("a site that is not in the study");
      const bool tells = told[site] == 1;
      silent |= !tells;
      table.rows.push_back(
          {Text(sites_[site]), tells ? Cell(distance[site] / kSteps) : Cell(std::monostate())});
    }
    Result result{.algorithm = "descriptive/site_distance",
                  .label = {.exactness = Exactness::kApproximate,
                            .tolerance = 0.5 / kSteps,
                            .reference = "SciPy 1.17.1 jensenshannon(base=2)"},
                  .rounds = state.round,
                  .tables = {std::move(table)}};
    if (silent) {
      result.notes.push_back(absl::StrCat("A site with fewer than ", minimum_,
                                          " persons in the cohort tells no distance."));
    }
    return result;
  }

 private:
  // A node is sent states by others. Each lost site costs a round; more would only be questions
  // about other distributions than the sum.
  bool Accepts(const State& state) const {
    if (state.round < 0 || static_cast<std::size_t>(state.round) > sites_.size()) return false;
    if (!state.Has("n")) return true;
    const std::vector<double>& n = state.Get("n");
    return n.size() == axis_.n_cells && std::ranges::all_of(n, [](double x) {
             return x >= 0 && x <= kAllMax && x == std::floor(x);
           });
  }

  std::string name_;
  Axis axis_;
  std::vector<std::string> sites_;
  double minimum_;
};

absl::StatusOr<Axis> MakeAxis(const Setup& setup, const std::string& name) {
  const bool has_bins = setup.params.Has("edges") || setup.params.Has("bins");
  const absl::StatusOr<Grouping> levels = Grouping::By(setup.schema, name);
  if (levels.ok()) {
    if (has_bins)
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "' has levels: 'edges' and 'bins' are for a number"));
    return AxisOf(*levels);
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t variable, NumericIndex(setup.schema, name));
  ESSAIM_ASSIGN_OR_RETURN(const Bins bins,
                          MakeBins(setup.schema.variables()[variable], setup.params));
  return Axis{.n_cells = bins.n_cells(),
              .cell_of = [bins, variable](const PersonTable& table, std::size_t person) {
                return bins.CellOf(table.at(person, variable));
              }};
}

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Setup& setup) {
  const std::string name = setup.params.Text("variable");
  ESSAIM_ASSIGN_OR_RETURN(Axis axis, MakeAxis(setup, name));
  return std::unique_ptr<Algorithm>(new SiteDistance(
      name, std::move(axis), setup.sites, setup.params.Integer("minimum", kMinimumDefault)));
}

}  // namespace

AlgorithmInfo SiteDistanceInfo() {
  return {.name = "descriptive/site_distance",
          .title = "Distance between sites",
          .description = "How far each site's distribution of a variable is from all sites'.",
          .params = {{.name = "variable",
                      .type = ParamType::kVariable,
                      .required = true,
                      .description = "A number, a category or a boolean."},
                     EdgesParam(),
                     BinsParam(),
                     ClosedParam(),
                     {.name = "minimum",
                      .type = ParamType::kInteger,
                      .description = "Cells of fewer persons, at the site or in all, are put "
                                     "together; a site of fewer tells nothing. 10 by default.",
                      .lower = 5,
                      .upper = 1'000'000}},
          .make = Make,
          .examples = [] {
            return std::vector<Params>{Params{{{"variable", std::string("stage")}}},
                                       Params{{{"variable", std::string("age")},
                                               {"edges", std::vector<double>{40, 60, 70}},
                                               {"minimum", 5.0}}}};
          }};
}

}  // namespace essaim::descriptive
