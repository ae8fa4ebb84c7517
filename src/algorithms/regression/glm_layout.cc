// Bounds: what one person can add at most, from the schema's ranges and the state.
#include <algorithm>
#include <cmath>

#include "algorithms/regression/glm.h"
#include "algorithms/regression/glm_rows.h"
#include "math/linear.h"

namespace essaim::regression {
namespace {

constexpr double kSlack = 1 + 1e-9;  // for rounding
constexpr double kLogMax = 800;      // |log| of any positive double

Block MakeBlock(const char* name, std::size_t length, double bound, bool integral = false) {
  return {name, length, integral ? bound : bound * kSlack, integral};
}

}  // namespace

// A mean outside (lower, upper) makes a row bad: no fitted mean near a maximum is there, and the
// bounds stay finite.
std::pair<double, double> MeanRange(Family family, double outcome_upper) {
  switch (family) {
    case Family::kGaussian:
      return {-1e150, 1e150};
    case Family::kBinomial:
      return {0, 1};
    case Family::kPoisson:
      return {0, 1e6 * (outcome_upper + 1)};
    case Family::kGamma:
      return {1e-9 * outcome_upper, 1e3 * outcome_upper};
  }
  return {0, 0};
}

Glm::Bounds Glm::RowBounds(bool start, double eta_bound) const {
  const double w = weight_bound_;
  const double y = std::max(std::fabs(outcome_lower_), std::fabs(outcome_upper_));
  const double most = MeanRange(family_, outcome_upper_).second;
  const double offset = offset_bound_;
  switch (family_) {
    case Family::kGaussian: {
      const double r = y + eta_bound;
      return {w, w * r, w * r * r};
    }
    case Family::kBinomial: {
      const double weight = w * BinomialWeightBound(link_);
      const double score = w * BinomialScoreBound(link_);
      return {weight, start ? score + weight * (40 + offset) : score, w * 75};
    }
    case Family::kPoisson: {
      const double mu = start ? y + 0.1 : std::min(most, std::exp(std::min(eta_bound, 700.0)));
      const double first = (y + 0.1) * (std::log(y + 1) + 3 + offset) + 1;
      return {w * mu, w * (start ? first : y + mu), 2 * w * (y * (std::log(y + 1) + 40) + mu + y)};
    }
    case Family::kGamma: {
      const double deviance = 2 * w * (2 * kLogMax + 1.1e9);
      if (link_ == Link::kLog) return {w, w * (start ? kLogMax + offset : 1.1e9), deviance};
      if (start) return {w * y * y, w * (y + y * y * offset), deviance};
      return {w * most * most, w * (y + most), deviance};
    }
  }
  return {w, w, w};
}

double Glm::NullBound() const {
  const double y = std::max(std::fabs(outcome_lower_), std::fabs(outcome_upper_));
  switch (family_) {
    case Family::kGaussian:
      return weight_bound_ * std::max({1.0, 2 * y, 4 * y * y});
    case Family::kBinomial:
      return weight_bound_;
    default:
      return weight_bound_ * std::max({y, y * std::log(y + 1), y * y, kLogMax});
  }
}

void Glm::AppendFitLayout(const State& state, Layout& layout) const {
  const std::size_t p = terms_.size();
  const bool start = state.Scalar("iteration") == 0;
  const Bounds row = RowBounds(start, EtaBound(state));
  const Bounds null = RowBounds(start, offset_bound_ + std::fabs(state.Scalar("null_intercept")));
  double column = 0;
  for (std::size_t j = 0; j < p; ++j) column = std::max(column, reach(state, j));
  column = std::max(column, 1e-100);
  const double likelihood =
      family_ == Family::kGamma ? weight_bound_ * 1.1e9
      : family_ == Family::kPoisson
          ? weight_bound_ * (row.deviance / weight_bound_ + outcome_upper_ * 700 + 1)
          : (weight_bound_ + 1) * 80;
  layout.blocks = {
      MakeBlock("n", 1, 1, true),
      MakeBlock("bad", 1, 1, true),
      MakeBlock("bad_outcome", 1, 1, true),
      MakeBlock("extreme", 1, 1, true),
      MakeBlock("weights", 2, std::max(weight_bound_, kLogMax)),
      MakeBlock("information", PackedSize(p), row.weight * column * column),
      MakeBlock("score", p, row.residual * column),
      MakeBlock("deviance", 1, std::max(row.deviance, 1e-100)),
      MakeBlock("null", 3, NullBound()),
      MakeBlock("likelihood", 3, likelihood),
  };
  if (needs_before()) layout.blocks.push_back(MakeBlock("pearson", 1, weight_bound_ * 1e8));
  if (own_null_fit()) {
    const double most = std::max({null.weight, null.residual, null.deviance, 1e-100});
    layout.blocks.push_back(MakeBlock("null_fit", 4, std::max(most, 1.0)));
  }
}

Layout Glm::LayoutFor(const State& state) const {
  Layout layout;
  layout.additivity = Additivity::kPerPerson;
  if (!Accepts(state)) return layout;
  if (state.Scalar("fitting") != 0) {
    AppendFitLayout(state, layout);
    return layout;
  }
  double column = 1;
  for (std::size_t j = 0; j < terms_.size(); ++j) column = std::max(column, reach(state, j));
  layout.blocks = {MakeBlock("n", 1, 1, true),
                   MakeBlock("moments", 2 * terms_.size(), column * column)};
  return layout;
}

}  // namespace essaim::regression
