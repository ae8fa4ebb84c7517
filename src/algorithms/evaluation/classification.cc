#include "algorithms/evaluation/classification.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "algo/model.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace essaim::evaluation {
namespace {

constexpr double kNearest = 1e-15;  // logarithms see no probability nearer to 0 or 1
constexpr double kLogMax = 35;      // |log| and |logit| of one
constexpr double kSlopeMax = 1e4;   // beyond, the recalibration diverges
constexpr int kIterationsMax = 30;

// state "recalibration": intercept, slope, intercept with slope 1.
constexpr std::size_t kRecalibration = 3;

double Logistic(double eta) { return 1 / (1 + std::exp(-eta)); }

}  // namespace

struct Classification::Offsets {
  Offsets(std::size_t bins, std::size_t cells, std::size_t thresholds)
      : positives(1),
        negatives(positives + bins),
        expected(negatives + bins),
        confusion(expected + bins),
        losses(confusion + 4),
        cell_n(losses + 2),
        cell_y(cell_n + cells),
        cell_p(cell_y + cells),
        tp(cell_p + cells),
        fp(tp + thresholds),
        recalibration(fp + thresholds) {}

  std::size_t positives, negatives, expected, confusion, losses, cell_n, cell_y, cell_p, tp, fp,
      recalibration;
};

absl::StatusOr<std::unique_ptr<Algorithm>> Classification::Make(const Setup& setup) {
  std::unique_ptr<Classification> c(new Classification());
  ESSAIM_ASSIGN_OR_RETURN(c->scores_, Scores::Make(setup));
  c->bins_ = static_cast<std::size_t>(setup.params.Integer("bins", 4096));
  c->calibration_bins_ = static_cast<std::size_t>(setup.params.Integer("calibration_bins", 10));
  c->groups_ = static_cast<std::size_t>(setup.params.Integer("groups", 10));
  c->threshold_ = setup.params.Number("threshold", 0.5);
  c->level_ = setup.params.Number("level", 0.95);
  c->thresholds_ = setup.params.Numbers("thresholds");
  if (c->thresholds_.size() > 1000) return absl::InvalidArgumentError("over 1000 thresholds");
  for (int i = 1; setup.params.Numbers("thresholds").empty() && i < 20; ++i) {
    c->thresholds_.push_back(i / 20.0);
  }
  return std::unique_ptr<Algorithm>(std::move(c));
}

State Classification::Start() const {
  State state;
  state.vectors["recalibration"] = {0, 1, 0};
  return state;
}

bool Classification::Accepts(const State& state) const {
  const std::vector<double>& r = state.Get("recalibration");
  return r.size() == kRecalibration &&
         std::all_of(r.begin(), r.end(), [](double x) { return std::fabs(x) <= kSlopeMax; });
}

Layout Classification::LayoutFor(const State& state) const {
  Layout layout;
  layout.additivity = Additivity::kPerPerson;
  if (!Accepts(state)) return layout;
  const auto count = [&](const char* name, std::size_t length) {
    layout.blocks.push_back({name, length, 1, true});
  };
  count("n", 1);
  count("positives", bins_);
  count("negatives", bins_);
  layout.blocks.push_back({"expected", bins_, 1, false});
  count("confusion", 4);
  layout.blocks.push_back({"losses", 2, kLogMax, false});
  count("calibration_n", calibration_bins_);
  count("calibration_y", calibration_bins_);
  layout.blocks.push_back({"calibration_p", calibration_bins_, 1, false});
  count("decision_tp", thresholds_.size());
  count("decision_fp", thresholds_.size());
  layout.blocks.push_back({"recalibration", 7, kLogMax * kLogMax, false});
  return layout;
}

void Classification::AddPerson(bool yes, double p, std::span<const double> r, const Offsets& at,
                               std::span<double> out) const {
  const auto bin_of = [](double x, std::size_t bins) {  // equal widths, closed on the right
    const double k = std::ceil(x * static_cast<double>(bins)) - 1;
    return std::min(static_cast<std::size_t>(std::max(k, 0.0)), bins - 1);
  };
  const double y = yes ? 1 : 0;
  const std::size_t bin = bin_of(p, bins_);
  out[0] += 1;
  out[(yes ? at.positives : at.negatives) + bin] += 1;
  out[at.expected + bin] += p;
  out[at.confusion + (p >= threshold_ ? (yes ? 0 : 1) : (yes ? 3 : 2))] += 1;  // tp fp tn fn
  const double safe = std::clamp(p, kNearest, 1 - kNearest);
  out[at.losses] += (y - p) * (y - p);
  out[at.losses + 1] -= yes ? std::log(safe) : std::log1p(-safe);
  const std::size_t cell = bin_of(p, calibration_bins_);
  out[at.cell_n + cell] += 1;
  out[at.cell_y + cell] += y;
  out[at.cell_p + cell] += p;
  for (std::size_t k = 0; k < thresholds_.size(); ++k) {
    if (p >= thresholds_[k]) out[(yes ? at.tp : at.fp) + k] += 1;
  }
  const double logit = std::log(safe / (1 - safe));
  const double mu = Logistic(r[0] + r[1] * logit);
  const double w = mu * (1 - mu);
  const double large = Logistic(r[2] + logit);
  const std::array<double, 7> parts = {
      w, w * logit, w * logit * logit, y - mu, (y - mu) * logit, large * (1 - large), y - large};
  for (std::size_t k = 0; k < parts.size(); ++k) out[at.recalibration + k] += parts[k];
}

absl::Status Classification::ContributeBlock(const PersonTable& table, std::size_t begin,
                                             std::size_t end, const State& state,
                                             std::span<double> out) const {
  if (!Accepts(state)) return absl::InvalidArgumentError("a state that this analysis cannot have");
  const Offsets at(bins_, calibration_bins_, thresholds_.size());
  std::vector<double> p(end - begin);
  scores_.Of(table, begin, end, p);
  const std::vector<double>& recalibration = state.Get("recalibration");
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double y = table.at(begin + i, scores_.outcome());
    if (PersonTable::IsMissing(y) || PersonTable::IsMissing(p[i])) continue;
    AddPerson(y == 1, p[i], recalibration, at, out);
  }
  return absl::OkStatus();
}

absl::StatusOr<State> Classification::Update(const State& state, const SecureSum& sum) const {
  if (!Accepts(state)) return absl::InvalidArgumentError("a state that this analysis cannot have");
  State after = state;
  after.round = state.round + 1;
  for (const Block& block : sum.layout().blocks) {
    const std::span<const double> values = sum.block(block.name);
    after.vectors["sum." + block.name] = {values.begin(), values.end()};
  }
  double positives = 0;
  for (const double x : sum.block("positives")) positives += x;
  if (positives < 1 || sum.scalar("n") - positives < 1) {
    return absl::FailedPreconditionError(
        "both outcomes must occur among the persons with complete data");
  }
  const std::span<const double> s = sum.block("recalibration");
  std::vector<double>& r = after.vectors["recalibration"];
  const double determinant = s[0] * s[2] - s[1] * s[1];
  // A step that is small is the last: what is left after it is its square.
  bool small = true;
  if (determinant > 1e-12 * s[0] * s[2]) {
    const double a = (s[2] * s[3] - s[1] * s[4]) / determinant;
    const double b = (s[0] * s[4] - s[1] * s[3]) / determinant;
    r[0] += a;
    r[1] += b;
    small = std::fabs(a) + std::fabs(b) < 1e-7;
    after.Set("slope_known", 1);
    after.vectors["slope_variance"] = {s[2] / determinant, s[0] / determinant};
  } else {
    after.Set("slope_known", 0);  // all logits equal, or the fit diverges
  }
  const double large = s[5] > 0 ? s[6] / s[5] : 0;
  r[2] += large;
  small = small && std::fabs(large) < 1e-7;
  const bool diverges = !Accepts(after);
  if (diverges) {
    r = {0, 1, 0};
    after.Set("slope_known", 0);
  }
  after.Set("iteration", (state.Has("iteration") ? state.Scalar("iteration") : 0) + 1);
  const bool exhausted = after.Scalar("iteration") >= kIterationsMax;
  if (exhausted && !small) after.Set("slope_known", 0);
  after.done = small || diverges || exhausted;
  return after;
}

AlgorithmInfo Classification::Info() {
  AlgorithmInfo info;
  info.name = "evaluation/classification";
  info.title = "Evaluation of a classifier";
  info.description =
      "Discrimination, calibration and net benefit of a fitted binomial model, or of a column of "
      "probabilities, on the cohort's persons.";
  const auto add = [&](const char* name, ParamType type, const char* description, double lower,
                       double upper) {
    ParamSpec spec;
    spec.name = name;
    spec.type = type;
    spec.description = description;
    spec.lower = lower;
    spec.upper = upper;
    info.params.push_back(std::move(spec));
  };
  add("outcome", ParamType::kVariable, "What was predicted: yes or no.", 0, 0);
  info.params[0].required = true;
  add("score", ParamType::kVariable,
      "A column of probabilities; by default the analysis' `model` is evaluated.", 0, 0);
  add("bins", ParamType::kInteger, "Bins of the score histogram; 4096 by default.", 16, 65536);
  add("threshold", ParamType::kNumber, "Yes is predicted from here on; 0.5 by default.", 0, 1);
  add("calibration_bins", ParamType::kInteger, "Rows of the calibration table; 10 by default.", 2,
      100);
  add("groups", ParamType::kInteger, "Groups of the Hosmer-Lemeshow test; 10 by default.", 3, 100);
  add("thresholds", ParamType::kNumbers,
      "Thresholds of the decision curve; 0.05, 0.10 to 0.95 by default.", 0.0001, 0.9999);
  add("level", ParamType::kNumber, "Level of the confidence intervals; 0.95 by default.", 0.5,
      0.9999);
  for (ParamSpec& spec : ModelParamSpecs()) info.params.push_back(std::move(spec));
  info.make = Make;
  info.examples = [] {
    std::vector<Params> all(2);
    all[0].values = {
        {"outcome", std::string("outcome")}, {"score", std::string("risk")}, {"bins", 512.0}};
    all[1].values = {{"outcome", std::string("outcome")},
                     {"bins", 64.0},
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
