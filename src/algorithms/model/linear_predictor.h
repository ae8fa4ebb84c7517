// A fitted model, evaluated on rows: eta = sum of b_j (x_j - c_j) / s_j, and its inverse link.
//
// Made from the parameters that BindModel (algo/model.h) puts into an evaluation.
// Errors: kInvalidArgument for lists of unequal length, a column that the schema cannot make, an
// unknown link. Threads: const methods may run concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/model/terms.h"

namespace essaim {

class LinearPredictor {
 public:
  static absl::StatusOr<LinearPredictor> Make(const Setup& setup);

  const ModelTerms& terms() const { return terms_; }

  const std::string& family() const { return family_; }

  const std::string& link() const { return link_; }

  double bound() const { return bound_; }  // max |eta| that the schema allows

  // NaN where the row is not complete. eta: end - begin values.
  void Eta(const PersonTable& table, std::size_t begin, std::size_t end,
           std::span<double> eta) const;
  // The inverse link of eta: a probability for a binomial model.
  double Mean(double eta) const;

 private:
  ModelTerms terms_;
  std::vector<double> slope_;  // b / s
  double constant_ = 0;        // minus the sum of b c / s
  double bound_ = 0;
  std::string family_, link_;
};

}  // namespace essaim
