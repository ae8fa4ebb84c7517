// The covariates of a Cox model in coordinates that sums are made in.
//
// A column x of the design is sent as u = (x - centre) / half, where `half` is the larger distance
// of the centre from the ends of x's public range: so |u| <= 1 whoever the person is, and bounds
// are small. Neither the likelihood nor its maximum depends on this choice. Threads: const methods
// may run concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"
#include "algorithms/model/terms.h"
#include "algorithms/survival/cox_risk_sets.h"
#include "data/person_table.h"

namespace essaim::survival {

// Rows of a block of persons, person by person.
struct CoxRows {
  std::size_t p = 0;
  std::vector<double> u;               // persons * p
  std::vector<std::uint8_t> complete;  // 0: a variable of the model is missing

  std::span<const double> row(std::size_t i) const { return std::span(u).subspan(i * p, p); }
};

class CoxDesign {
 public:
  // Reads `terms`. kInvalidArgument for a term that does not parse, or none.
  static absl::StatusOr<CoxDesign> Make(const Setup& setup);

  std::size_t size() const { return names_.size(); }

  const std::string& name(std::size_t column) const { return names_[column]; }

  double lower(std::size_t column) const { return lower_[column]; }

  double upper(std::size_t column) const { return upper_[column]; }

  struct Term {
    std::string name;
    ColumnRange columns;
  };

  const std::vector<Term>& terms() const { return terms_; }

  CoxRows Rows(const PersonTable& table, std::size_t begin, std::size_t end,
               std::span<const double> centre, std::span<const double> half) const;
  // The distances that make |u| <= 1.
  std::vector<double> HalfRanges(std::span<const double> centre) const;
  std::vector<double> Middles() const;
  // The least and largest eta = gamma . u that the ranges allow.
  std::pair<double, double> EtaRange(std::span<const double> gamma, std::span<const double> centre,
                                     std::span<const double> half) const;

 private:
  ModelTerms model_;
  std::vector<std::string> names_;
  std::vector<double> lower_, upper_;
  std::vector<Term> terms_;
};

}  // namespace essaim::survival
