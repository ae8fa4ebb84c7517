#include "algorithms/survival/cox_design.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"

namespace essaim::survival {

absl::StatusOr<CoxDesign> CoxDesign::Make(const Setup& setup) {
  CoxDesign design;
  // A baseline hazard takes the intercept's place: factors are coded as beside one, and it is left
  // out.
  ESSAIM_ASSIGN_OR_RETURN(design.model_,
                          ModelTerms::Parse(setup.params.Texts("terms"), setup, true));
  const ModelTerms& model = design.model_;
  if (model.size() < 2) return absl::InvalidArgumentError("terms: at least one is needed");
  for (std::size_t j = 1; j < model.size(); ++j) {
    design.names_.push_back(model.names()[j]);
    design.lower_.push_back(model.lower(j));
    design.upper_.push_back(model.upper(j));
    if (j == 1 || model.term_of(j) != model.term_of(j - 1)) {
      design.terms_.push_back({model.term_names()[model.term_of(j)], {j - 1, j}});
    } else {
      design.terms_.back().columns.end = j;
    }
  }
  return design;
}

CoxRows CoxDesign::Rows(const PersonTable& table, std::size_t begin, std::size_t end,
                        std::span<const double> centre, std::span<const double> half) const {
  const std::size_t n = end - begin, p = size();
  CoxRows rows{.p = p};
  rows.u.resize(n * p);
  rows.complete.assign(n, 1);
  std::vector<double> columns(n * (p + 1));
  model_.Columns(table, begin, end, columns, rows.complete);
  for (std::size_t j = 0; j < p; ++j) {
    const double* x = columns.data() + (j + 1) * n;
    for (std::size_t i = 0; i < n; ++i) {
      // The schema's range holds, so this clamps rounding only.
      rows.u[i * p + j] = std::clamp((x[i] - centre[j]) / half[j], -1.0, 1.0);
    }
  }
  return rows;
}

std::vector<double> CoxDesign::Middles() const {
  std::vector<double> middle(size());
  for (std::size_t j = 0; j < size(); ++j) middle[j] = lower_[j] + (upper_[j] - lower_[j]) / 2;
  return middle;
}

std::vector<double> CoxDesign::HalfRanges(std::span<const double> centre) const {
  std::vector<double> half(size());
  for (std::size_t j = 0; j < size(); ++j) {
    half[j] = std::max(upper_[j] - centre[j], centre[j] - lower_[j]);
    if (!(half[j] > 0)) half[j] = 1;  // a range of one value
  }
  return half;
}

std::pair<double, double> CoxDesign::EtaRange(std::span<const double> gamma,
                                              std::span<const double> centre,
                                              std::span<const double> half) const {
  double least = 0, most = 0;
  for (std::size_t j = 0; j < size(); ++j) {
    const double a = gamma[j] * (lower_[j] - centre[j]) / half[j];
    const double b = gamma[j] * (upper_[j] - centre[j]) / half[j];
    least += std::min(a, b);
    most += std::max(a, b);
  }
  return {least, most};
}

}  // namespace essaim::survival
