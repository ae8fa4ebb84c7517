// What the sums of an evaluation say.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "algorithms/evaluation/classification.h"
#include "math/distributions.h"

namespace essaim::evaluation {
namespace {

double Total(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

Cell NumberCell(double x) { return std::isfinite(x) ? Cell(x) : Cell(); }

Cell CountCell(double x) { return static_cast<std::int64_t>(std::llround(x)); }

ResultTable OneRow(const char* id, const char* title) {
  ResultTable table;
  table.id = id;
  table.title = title;
  table.rows.resize(1);
  return table;
}

void Put(ResultTable& table, const char* name, const char* title, double x,
         ColumnKind kind = ColumnKind::kNumber, int of = -1) {
  table.columns.push_back({name, title, kind, of});
  table.rows[0].push_back(kind == ColumnKind::kCount ? CountCell(x) : NumberCell(x));
}

}  // namespace

// Mann-Whitney over bins; persons of one bin count as tied. The variance is DeLong's.
void Classification::AddDiscrimination(const State& state, Result& result) const {
  const std::vector<double>& positives = state.Get("sum.positives");
  const std::vector<double>& negatives = state.Get("sum.negatives");
  const double p = Total(positives);
  const double n = Total(negatives);
  double below = 0, above = p, u = 0, tied = 0;
  for (std::size_t b = 0; b < positives.size(); ++b) {
    u += positives[b] * (below + 0.5 * negatives[b]);
    tied += 0.5 * positives[b] * negatives[b];
    below += negatives[b];
  }
  const double auc = u / (p * n);
  double of_positives = 0, of_negatives = 0;
  below = 0;
  for (std::size_t b = 0; b < positives.size(); ++b) {
    above -= positives[b];
    const double v10 = (below + 0.5 * negatives[b]) / n - auc;
    const double v01 = (above + 0.5 * positives[b]) / p - auc;
    of_positives += positives[b] * v10 * v10;
    of_negatives += negatives[b] * v01 * v01;
    below += negatives[b];
  }
  const double se = std::sqrt(of_positives / ((p - 1) * p) + of_negatives / ((n - 1) * n));
  const double z = NormalQuantile(0.5 + level_ / 2);
  ResultTable table = OneRow("discrimination", "Discrimination");
  Put(table, "n", "Persons", p + n, ColumnKind::kCount);
  Put(table, "positives", "With the outcome", p, ColumnKind::kCount);
  Put(table, "auc", "AUC", auc);
  Put(table, "std_error", "Standard error (DeLong)", se);
  Put(table, "lower", "Lower limit", std::max(0.0, auc - z * se));
  Put(table, "upper", "Upper limit", std::min(1.0, auc + z * se));
  Put(table, "tie_bound", "Largest error from ties inside bins", tied / (p * n));
  result.tables.push_back(std::move(table));
  result.label.tolerance = tied / (p * n);

  // Points of the curve lie at least 10 persons, and a hundredth of all, apart.
  Curve roc{.id = "roc",
            .title = "ROC curve",
            .x_title = "1 - specificity",
            .y_title = "Sensitivity",
            .series = {}};
  Series series{.name = "model", .x = {0}, .y = {0}, .lower = {}, .upper = {}, .n = {0}};
  double tp = 0, fp = 0, since = 0;
  double left = p + n;
  const double apart = std::max(10.0, (p + n) / 100);
  for (std::size_t b = positives.size(); b-- > 0;) {
    const double here = positives[b] + negatives[b];
    tp += positives[b];
    fp += negatives[b];
    since += here;
    left -= here;
    if (since < apart || (left > 0 && left < apart)) continue;
    series.x.push_back(fp / n);
    series.y.push_back(tp / p);
    series.n.push_back(since);
    since = 0;
  }
  if (series.x.back() < 1 || series.y.back() < 1) {
    series.x.push_back(1);
    series.y.push_back(1);
    series.n.push_back(since);
  }
  series.n[0] = series.n[1];
  roc.series.push_back(std::move(series));
  result.curves.push_back(std::move(roc));
}

void Classification::AddThreshold(const State& state, Result& result) const {
  const std::vector<double>& c = state.Get("sum.confusion");
  const double n = state.Get("sum.n")[0];
  // The four add up to the persons with and without the outcome, and each rate tells two of them
  // from these: all are hidden with the smallest.
  double least = n;
  for (const double count : c) least = count > 0 ? std::min(least, count) : least;
  ResultTable table = OneRow("threshold", "At the threshold");
  Put(table, "threshold", "Threshold", threshold_);
  Put(table, "least", "Least of the four", least, ColumnKind::kCount);
  constexpr int kLeast = 1;
  Put(table, "true_positives", "True positives", c[0], ColumnKind::kCount, kLeast);
  Put(table, "false_positives", "False positives", c[1], ColumnKind::kCount, kLeast);
  Put(table, "true_negatives", "True negatives", c[2], ColumnKind::kCount, kLeast);
  Put(table, "false_negatives", "False negatives", c[3], ColumnKind::kCount, kLeast);
  const auto rate = [&](const char* name, const char* title, double of, double among) {
    Put(table, name, title, of / among, ColumnKind::kNumber, kLeast);
  };
  rate("accuracy", "Accuracy", c[0] + c[2], n);
  rate("sensitivity", "Sensitivity", c[0], c[0] + c[3]);
  rate("specificity", "Specificity", c[2], c[1] + c[2]);
  rate("ppv", "Positive predictive value", c[0], c[0] + c[1]);
  rate("npv", "Negative predictive value", c[2], c[2] + c[3]);
  result.tables.push_back(std::move(table));
}

void Classification::AddCalibration(const State& state, Result& result) const {
  const double n = state.Get("sum.n")[0];
  const std::vector<double>& count = state.Get("sum.calibration_n");
  const std::vector<double>& yes = state.Get("sum.calibration_y");
  const std::vector<double>& p = state.Get("sum.calibration_p");
  ResultTable table;
  table.id = "calibration_table";
  table.title = "Calibration table";
  table.columns = {{"bin", "Predicted", ColumnKind::kText},
                   {"n", "Persons", ColumnKind::kCount},
                   {"events", "With the outcome", ColumnKind::kCount},
                   {"predicted", "Mean predicted", ColumnKind::kNumber, 1},
                   {"observed", "Observed", ColumnKind::kShare, 2}};
  double ece = 0, mce = 0;
  Series series;
  series.name = "model";
  for (std::size_t k = 0; k < count.size(); ++k) {
    const double cells = static_cast<double>(count.size());
    const double from = static_cast<double>(k) / cells;
    const double to = static_cast<double>(k + 1) / cells;
    const double gap = count[k] > 0 ? std::fabs(p[k] - yes[k]) / count[k] : 0;
    ece += gap * count[k] / n;
    mce = std::max(mce, gap);
    table.rows.push_back({absl::StrCat(k == 0 ? "[" : "(", from, ", ", to, "]"),
                          CountCell(count[k]), CountCell(yes[k]), NumberCell(p[k] / count[k]),
                          NumberCell(yes[k] / count[k])});
    table.groups.push_back(0);  // they add up to the persons, and to those with the outcome
    if (count[k] == 0) continue;
    series.x.push_back(p[k] / count[k]);
    series.y.push_back(yes[k] / count[k]);
    series.n.push_back(count[k]);
  }
  ResultTable summary = OneRow("calibration", "Calibration");
  const std::vector<double>& losses = state.Get("sum.losses");
  const std::vector<double>& r = state.Get("recalibration");
  const bool known = state.Scalar("slope_known") != 0;
  Put(summary, "brier", "Brier score", losses[0] / n);
  Put(summary, "log_loss", "Log loss", losses[1] / n);
  Put(summary, "ece", "Expected calibration error", ece);
  Put(summary, "mce", "Maximum calibration error", mce);
  Put(summary, "intercept", "Calibration intercept", known ? r[0] : NAN);
  Put(summary, "slope", "Calibration slope", known ? r[1] : NAN);
  const std::vector<double>& variance = state.Get("slope_variance");
  Put(summary, "intercept_std_error", "Its standard error", known ? std::sqrt(variance[0]) : NAN);
  Put(summary, "slope_std_error", "Slope's standard error", known ? std::sqrt(variance[1]) : NAN);
  Put(summary, "in_the_large", "Calibration in the large", known ? r[2] : NAN);
  Put(summary, "expected_events", "Predicted number with the outcome", Total(p));
  if (!known) {
    result.notes.emplace_back(
        "Calibration slope and intercept do not exist here: all predictions are equal, or they "
        "separate the outcome.");
  }
  result.tables.push_back(std::move(summary));
  result.tables.push_back(std::move(table));
  Curve curve{.id = "calibration",
              .title = "Calibration",
              .x_title = "Mean predicted",
              .y_title = "Observed",
              .series = {std::move(series)}};
  result.curves.push_back(std::move(curve));
}

// Groups end where R's quantile() would cut, at the resolution of the bins.
void Classification::AddHosmerLemeshow(const State& state, Result& result) const {
  const std::vector<double>& positives = state.Get("sum.positives");
  const std::vector<double>& negatives = state.Get("sum.negatives");
  const std::vector<double>& expected = state.Get("sum.expected");
  const double n = state.Get("sum.n")[0];
  std::vector<double> count(groups_), observed(groups_), predicted(groups_);
  double before = 0;
  std::size_t group = 0;
  for (std::size_t b = 0; b < positives.size(); ++b) {
    const double here = positives[b] + negatives[b];
    if (here == 0) continue;
    const auto end = [&](std::size_t g) {
      return std::floor((n - 1) * static_cast<double>(g + 1) / static_cast<double>(groups_)) + 1;
    };
    while (group + 1 < groups_ && before >= end(group)) ++group;
    count[group] += here;
    observed[group] += positives[b];
    predicted[group] += expected[b];
    before += here;
  }
  double statistic = 0;
  double used = 0;
  for (std::size_t g = 0; g < groups_; ++g) {
    if (count[g] == 0) continue;
    ++used;
    const double variance = predicted[g] * (1 - predicted[g] / count[g]);
    statistic += (observed[g] - predicted[g]) * (observed[g] - predicted[g]) / variance;
  }
  ResultTable table = OneRow("hosmer_lemeshow", "Hosmer-Lemeshow test");
  Put(table, "statistic", "Chi-squared", statistic);
  Put(table, "df", "Degrees of freedom", used - 2);
  Put(table, "p_value", "p", used > 2 ? ChiSquaredUpper(statistic, used - 2) : NAN,
      ColumnKind::kPValue);
  result.tables.push_back(std::move(table));
}

void Classification::AddDecision(const State& state, Result& result) const {
  const double n = state.Get("sum.n")[0];
  const double prevalence = Total(state.Get("sum.positives")) / n;
  const std::vector<double>& tp = state.Get("sum.decision_tp");
  const std::vector<double>& fp = state.Get("sum.decision_fp");
  ResultTable table;
  table.id = "decision";
  table.title = "Decision curve";
  table.columns = {{"threshold", "Threshold", ColumnKind::kNumber},
                   {"net_benefit", "Net benefit", ColumnKind::kNumber},
                   {"treat_all", "Treating all", ColumnKind::kNumber}};
  Series model, all, none;
  model.name = "model";
  all.name = "treat all";
  none.name = "treat none";
  for (std::size_t k = 0; k < thresholds_.size(); ++k) {
    const double odds = thresholds_[k] / (1 - thresholds_[k]);
    const double benefit = (tp[k] - fp[k] * odds) / n;
    const double treat_all = prevalence - (1 - prevalence) * odds;
    table.rows.push_back({thresholds_[k], benefit, treat_all});
    for (Series* s : {&model, &all, &none}) s->x.push_back(thresholds_[k]);
    model.y.push_back(benefit);
    all.y.push_back(treat_all);
    none.y.push_back(0);
  }
  result.tables.push_back(std::move(table));
  Curve curve{.id = "decision",
              .title = "Decision curve",
              .x_title = "Threshold probability",
              .y_title = "Net benefit",
              .series = {}};
  for (Series* s : {&model, &all, &none}) curve.series.push_back(std::move(*s));
  result.curves.push_back(std::move(curve));
}

absl::StatusOr<Result> Classification::ResultOf(const State& state) const {
  if (!state.done || !state.Has("sum.n")) {
    return absl::FailedPreconditionError("the evaluation has not ended");
  }
  Result result;
  result.algorithm = "evaluation/classification";
  result.label = {Exactness::kApproximate, 0, "R 4.2.2, pROC 1.18.0; ties inside bins for the AUC"};
  result.rounds = state.round;
  AddDiscrimination(state, result);
  AddThreshold(state, result);
  AddCalibration(state, result);
  AddHosmerLemeshow(state, result);
  AddDecision(state, result);
  return result;
}

}  // namespace essaim::evaluation
