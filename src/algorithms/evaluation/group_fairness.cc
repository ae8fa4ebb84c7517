#include "algorithms/evaluation/group_fairness.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algo/model.h"
#include "algorithms/descriptive/render.h"
#include "base/status_macros.h"
#include "math/distributions.h"

namespace essaim::evaluation {

using descriptive::CountColumn;
using descriptive::NumberColumn;
using descriptive::Real;
using descriptive::ShareColumn;
using descriptive::Text;
using descriptive::TextColumn;

namespace {

constexpr const char* kBlocks[] = {"true_positives", "false_positives", "false_negatives",
                                   "true_negatives", "expected"};
constexpr double kFourFifths = 0.8;
constexpr double kComparedMin = 10;  // persons behind a rate that is compared

Cell CountCell(double x) { return static_cast<std::int64_t>(std::llround(x)); }

}  // namespace

// k of n persons. Both k and the others must be many, or none, for the rate to be shown.
struct GroupFairness::Rate {
  double k = 0, n = 0;

  double value() const { return n > 0 ? k / n : NAN; }

  double fewest() const { return k == 0 || k == n ? n : std::min(k, n - k); }
};

struct GroupFairness::Group {
  std::string name;
  double tp = 0, fp = 0, fn = 0, tn = 0, expected = 0;

  Rate outcome() const { return {tp + fn, tp + fp + fn + tn}; }

  Rate selected() const { return {tp + fp, tp + fp + fn + tn}; }

  Rate sensitivity() const { return {tp, tp + fn}; }

  Rate false_positives() const { return {fp, fp + tn}; }
};

absl::StatusOr<std::unique_ptr<Algorithm>> GroupFairness::Make(const Setup& setup) {
  std::unique_ptr<GroupFairness> made(new GroupFairness());
  ESSAIM_ASSIGN_OR_RETURN(made->scores_, Scores::Make(setup));
  ESSAIM_ASSIGN_OR_RETURN(made->by_,
                          descriptive::Grouping::By(setup.schema, setup.params.Text("by")));
  if (made->by_.n_levels() < 2)
    return absl::InvalidArgumentError(
        "by: a boolean or a category of two levels or more is needed");
  made->threshold_ = setup.params.Number("threshold", 0.5);
  made->level_ = setup.params.Number("level", 0.95);
  return std::unique_ptr<Algorithm>(std::move(made));
}

Layout GroupFairness::LayoutFor(const State& /*state*/) const {
  Layout layout;
  layout.additivity = Additivity::kPerPerson;
  for (const char* const name : kBlocks)
    layout.blocks.push_back({name, by_.n_levels(), 1, name != kBlocks[4]});
  return layout;
}

absl::Status GroupFairness::ContributeBlock(const PersonTable& table, std::size_t begin,
                                            std::size_t end, const State& /*state*/,
                                            std::span<double> out) const {
  const std::size_t groups = by_.n_levels();
  std::vector<double> p(end - begin);
  scores_.Of(table, begin, end, p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double y = table.at(begin + i, scores_.outcome());
    const std::size_t group = by_.CellOf(table, begin + i);
    if (PersonTable::IsMissing(y) || PersonTable::IsMissing(p[i]) || group >= groups) continue;
    const std::size_t block = p[i] >= threshold_ ? (y == 1 ? 0 : 1) : (y == 1 ? 2 : 3);
    out[block * groups + group] += 1;
    out[4 * groups + group] += p[i];
  }
  return absl::OkStatus();
}

absl::StatusOr<State> GroupFairness::Update(const State& state, const SecureSum& sum) const {
  State after = state;
  after.round = state.round + 1;
  after.done = true;
  double n = 0;
  for (const Block& block : sum.layout().blocks) {
    const std::span<const double> values = sum.block(block.name);
    after.vectors["sum." + block.name] = {values.begin(), values.end()};
    if (block.name == kBlocks[4]) continue;
    for (const double x : values) n += x;
  }
  if (n < 1) return absl::FailedPreconditionError("nobody has outcome, score and group");
  return after;
}

std::vector<GroupFairness::Group> GroupFairness::GroupsOf(const State& state) const {
  std::vector<Group> groups;
  for (std::size_t g = 0; g < by_.n_levels(); ++g) {
    const auto at = [&](int block) { return state.Get(absl::StrCat("sum.", kBlocks[block]))[g]; };
    groups.push_back({.name = by_.level(g),
                      .tp = at(0),
                      .fp = at(1),
                      .fn = at(2),
                      .tn = at(3),
                      .expected = at(4)});
  }
  return groups;
}

// A group's positives and negatives add up to its persons, and the groups to all.
ResultTable GroupFairness::Rates(const std::vector<Group>& groups) const {
  ResultTable table{.id = "rates", .title = "Rates by group"};
  table.columns = {TextColumn("group", by_.name()),
                   TextColumn("rate", "Rate"),
                   CountColumn("n", "Of persons"),
                   CountColumn("fewest", "Fewer of those with and without"),
                   ShareColumn("value", "Value", 3),
                   ShareColumn("lower", "Lower limit", 3),
                   ShareColumn("upper", "Upper limit", 3)};
  const double z = NormalQuantile(0.5 + level_ / 2);
  const int n_groups = static_cast<int>(groups.size());
  const auto add = [&](const Group& group, const char* name, const Rate& rate, int adds_up) {
    const double p = rate.value(), z2 = z * z / rate.n;
    const double middle = (p + z2 / 2) / (1 + z2);
    const double half = std::sqrt(p * (1 - p) * z2 + z2 * z2 / 4) / (1 + z2);
    table.rows.push_back({Text(group.name), Text(name), CountCell(rate.n), CountCell(rate.fewest()),
                          Real(p), Real(std::fmax(0, middle - half)),
                          Real(rate.n > 0 ? std::fmin(1, middle + half) : NAN)});
    if (rate.n == 0) table.rows.back()[5] = std::monostate();
    table.groups.push_back(adds_up);
  };
  for (int g = 0; g < n_groups; ++g) {
    const Group& group = groups[static_cast<std::size_t>(g)];
    add(group, "with the outcome", group.outcome(), n_groups);
    add(group, "selected", group.selected(), n_groups + 1);
    add(group, "true positives, of those with the outcome", group.sensitivity(), g);
    add(group, "false positives, of those without", group.false_positives(), g);
  }
  return table;
}

// The interval of observed over expected is Debray's, on the logarithm.
ResultTable GroupFairness::Calibration(const std::vector<Group>& groups) const {
  ResultTable table{.id = "calibration", .title = "Calibration in the large by group"};
  table.columns = {TextColumn("group", by_.name()),
                   CountColumn("n", "Persons"),
                   CountColumn("fewest", "Fewer of those with and without the outcome"),
                   ShareColumn("observed", "Observed", 2),
                   ShareColumn("predicted", "Mean predicted", 1),
                   NumberColumn("ratio", "Observed over expected", 2),
                   NumberColumn("lower", "Lower limit", 2),
                   NumberColumn("upper", "Upper limit", 2)};
  const double z = NormalQuantile(0.5 + level_ / 2);
  for (const Group& group : groups) {
    const Rate rate = group.outcome();
    const double ratio = group.expected > 0 ? rate.k / group.expected : NAN;
    const double half = rate.k > 0 ? z * std::sqrt((1 - rate.value()) / rate.k) : NAN;
    table.rows.push_back({Text(group.name), CountCell(rate.n), CountCell(rate.fewest()),
                          Real(rate.value()), Real(rate.n > 0 ? group.expected / rate.n : NAN),
                          Real(ratio), Real(ratio * std::exp(-half)),
                          Real(ratio * std::exp(half))});
    table.groups.push_back(0);
  }
  return table;
}

// Those with enough persons behind the rate. Where one group alone has not, its rate would follow
// from the others' and a total: the next smallest is left out with it, as at release.
std::vector<const GroupFairness::Group*> GroupFairness::Comparable(const std::vector<Group>& groups,
                                                                   Rate (Group::*rate_of)() const) {
  std::vector<const Group*> by_size;
  for (const Group& group : groups) {
    if ((group.*rate_of)().n > 0) by_size.push_back(&group);
  }
  const auto fewest = [&](const Group* g) { return (g->*rate_of)().fewest(); };
  std::ranges::stable_sort(by_size, {}, fewest);
  const auto first =
      std::ranges::find_if(by_size, [&](const Group* g) { return fewest(g) >= kComparedMin; });
  const auto n_small = first - by_size.begin();
  by_size.erase(by_size.begin(), n_small == 1 && first != by_size.end() ? first + 1 : first);
  return by_size;
}

// A gap shows what its two groups' rates do, so it is hidden with the smaller of them.
ResultTable GroupFairness::Gaps(const std::vector<Group>& groups) const {
  ResultTable table{.id = "gaps", .title = "Between the groups"};
  table.columns = {TextColumn("rate", "Rate"),
                   TextColumn("lowest", "Lowest"),
                   TextColumn("highest", "Highest"),
                   CountColumn("fewest", "Fewest persons behind one of them"),
                   NumberColumn("difference", "Difference", 3),
                   NumberColumn("ratio", "Lowest over highest", 3),
                   TextColumn("four_fifths", "Four fifths")};
  for (const int hidden_with : {1, 2, 6}) table.columns[hidden_with].of = 3;
  const auto add = [&](const char* name, Rate (Group::*rate_of)() const, bool of_selection) {
    const Group *lowest = nullptr, *highest = nullptr;
    const auto value = [&](const Group* g) { return (g->*rate_of)().value(); };
    for (const Group* const group : Comparable(groups, rate_of)) {
      if (lowest == nullptr || value(group) < value(lowest)) lowest = group;
      if (highest == nullptr || value(group) > value(highest)) highest = group;
    }
    if (lowest == highest) return;
    const double ratio = value(lowest) / value(highest);
    table.rows.push_back(
        {Text(name), Text(lowest->name), Text(highest->name),
         CountCell(std::min((lowest->*rate_of)().fewest(), (highest->*rate_of)().fewest())),
         Real(value(highest) - value(lowest)), Real(ratio),
         of_selection ? Text(ratio >= kFourFifths ? "met" : "not met") : Cell()});
  };
  add("selected", &Group::selected, true);
  add("true positives (equal opportunity)", &Group::sensitivity, false);
  add("false positives", &Group::false_positives, false);
  return table;
}

absl::StatusOr<Result> GroupFairness::ResultOf(const State& state) const {
  for (const char* const name : kBlocks) {
    if (!state.done || state.Get(absl::StrCat("sum.", name)).size() != by_.n_levels())
      return absl::FailedPreconditionError("the evaluation has not ended");
  }
  const std::vector<Group> groups = GroupsOf(state);
  Result result;
  result.algorithm = "evaluation/group_fairness";
  result.label = {Exactness::kExact, 1e-12, "tools/reference/group_fairness.py"};
  result.rounds = state.round;
  result.tables = {Gaps(groups), Rates(groups), Calibration(groups)};
  result.notes.push_back(absl::StrCat(
      "Selected: a predicted probability of ", threshold_,
      " or more. Rates with fewer than 10 persons with, or without, are not compared. Equal rates "
      "and equal calibration exclude one another where the outcome is not equally frequent."));
  return result;
}

AlgorithmInfo GroupFairness::Info() {
  AlgorithmInfo info;
  info.name = "evaluation/group_fairness";
  info.title = "Fairness between groups";
  info.description =
      "Selection, true and false positive rates and calibration in the large by group, of a fitted "
      "binomial model or of a column of probabilities, with the gaps between the groups.";
  const auto add = [&](const char* name, ParamType type, const char* description, bool required,
                       double lower, double upper) {
    ParamSpec spec;
    spec.name = name;
    spec.type = type;
    spec.description = description;
    spec.required = required;
    spec.lower = lower;
    spec.upper = upper;
    info.params.push_back(std::move(spec));
  };
  add("outcome", ParamType::kVariable, "What was predicted: yes or no.", true, 0, 0);
  add("by", ParamType::kVariable, "The groups: a category or a boolean.", true, 0, 0);
  add("score", ParamType::kVariable,
      "A column of probabilities; by default the analysis' `model` is evaluated.", false, 0, 0);
  add("threshold", ParamType::kNumber, "Yes is predicted from here on; 0.5 by default.", false, 0,
      1);
  add("level", ParamType::kNumber, "Level of the confidence intervals; 0.95 by default.", false,
      0.5, 0.9999);
  for (ParamSpec& spec : ModelParamSpecs()) info.params.push_back(std::move(spec));
  info.make = Make;
  info.examples = [] {
    std::vector<Params> all(2);
    all[0].values = {{"outcome", std::string("outcome")},
                     {"by", std::string("stage")},
                     {"score", std::string("risk")}};
    all[1].values = {{"outcome", std::string("outcome")},
                     {"by", std::string("sex")},
                     {"threshold", 0.3},
                     {"model_terms", std::vector<std::string>{"(Intercept)", "age", "stageII"}},
                     {"model_coefficients", std::vector<double>{-2, 0.03, 0.5}},
                     {"model_centres", std::vector<double>{0, 5, 0}},
                     {"model_scales", std::vector<double>{1, 2, 1}},
                     {"model_family", std::string("binomial")},
                     {"model_link", std::string("logit")}};
    return all;
  };
  return info;
}

}  // namespace essaim::evaluation
