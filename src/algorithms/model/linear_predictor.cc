#include "algorithms/model/linear_predictor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/status_macros.h"
#include "math/distributions.h"

namespace essaim {

absl::StatusOr<LinearPredictor> LinearPredictor::Make(const Setup& setup) {
  const std::vector<std::string> names = setup.params.Texts("model_terms");
  const std::vector<double> coefficients = setup.params.Numbers("model_coefficients");
  const std::vector<double> centres = setup.params.Numbers("model_centres");
  const std::vector<double> scales = setup.params.Numbers("model_scales");
  if (names.empty()) return absl::InvalidArgumentError("no fitted model is bound");
  if (names.size() != coefficients.size() || names.size() != centres.size() ||
      names.size() != scales.size()) {
    return absl::InvalidArgumentError("the model's lists are of unequal length");
  }
  LinearPredictor p;
  p.family_ = setup.params.Text("model_family");
  p.link_ = setup.params.Text("model_link");
  constexpr std::array<std::string_view, 6> kLinks = {"identity", "log",    "inverse",
                                                      "logit",    "probit", "cloglog"};
  if (std::find(kLinks.begin(), kLinks.end(), p.link_) == kLinks.end()) {
    return absl::InvalidArgumentError("the model's link is not known");
  }
  ESSAIM_ASSIGN_OR_RETURN(p.terms_, ModelTerms::FromNames(names, setup.schema, setup.sites));
  for (std::size_t j = 0; j < names.size(); ++j) {
    if (!std::isfinite(coefficients[j]) || !std::isfinite(centres[j]) || !(scales[j] > 0) ||
        !std::isfinite(scales[j])) {
      return absl::InvalidArgumentError("the model's numbers are not usable");
    }
    p.slope_.push_back(coefficients[j] / scales[j]);
    p.constant_ -= coefficients[j] * centres[j] / scales[j];
    const double reach = std::max(std::fabs(p.terms_.lower(j) - centres[j]),
                                  std::fabs(p.terms_.upper(j) - centres[j]));
    p.bound_ += std::fabs(p.slope_[j]) * reach;
  }
  return p;
}

void LinearPredictor::Eta(const PersonTable& table, std::size_t begin, std::size_t end,
                          std::span<double> eta) const {
  const std::size_t n = end - begin;
  std::vector<double> x(n * terms_.size());
  std::vector<std::uint8_t> complete(n, 1);
  terms_.Columns(table, begin, end, x, complete);
  std::fill(eta.begin(), eta.end(), constant_);
  for (std::size_t j = 0; j < slope_.size(); ++j) {
    for (std::size_t i = 0; i < n; ++i) eta[i] += slope_[j] * x[j * n + i];
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (complete[i] == 0) eta[i] = std::numeric_limits<double>::quiet_NaN();
  }
}

double LinearPredictor::Mean(double eta) const {
  if (link_ == "logit") return 1 / (1 + std::exp(-eta));
  if (link_ == "probit") return NormalCdf(eta);
  if (link_ == "cloglog") return -std::expm1(-std::exp(eta));
  if (link_ == "log") return std::exp(eta);
  return link_ == "inverse" ? 1 / eta : eta;
}

}  // namespace essaim
