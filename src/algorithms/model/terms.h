// Model terms: from what a study file says to the columns of a design matrix.
//
//   age                         a number or an integer; a boolean is 0 or 1
//   stage                       a category: one 0/1 column a level but the first, "stageII"
//   factor(stage, reference=II) the same with another reference level
//   scale(age, 50, 10)          (age - 50) / 10, public constants
//   age:sex, stage:arm          an interaction; age*sex is age, sex, age:sex
//   site                        one 0/1 column a site of the study but the first (unless the schema
//                               has a variable of that name)
//
// Names, order (by degree, then as written; first factor fastest) and coding are R's: a category
// inside an interaction is coded by all its levels when the margin without it is not in the model.
// A row with a missing value in any term is not complete and takes no part.
// Errors: kInvalidArgument naming the term; kNotFound never leaves. Threads: const methods may run
// concurrently. Reference: Chambers and Hastie (1992), Statistical Models in S, chapter 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"

namespace essaim {

class ModelTerms {
 public:
  static constexpr std::size_t kColumnsMax = 2'000;

  // Column 0 is "(Intercept)" if `intercept`.
  static absl::StatusOr<ModelTerms> Parse(const std::vector<std::string>& terms,
                                          const Schema& schema,
                                          const std::vector<std::string>& sites, bool intercept);
  static absl::StatusOr<ModelTerms> Parse(const std::vector<std::string>& terms, const Setup& setup,
                                          bool intercept);
  // The columns with these names, as names() gives them: how a fitted model is evaluated again.
  static absl::StatusOr<ModelTerms> FromNames(const std::vector<std::string>& names,
                                              const Schema& schema,
                                              const std::vector<std::string>& sites);

  ModelTerms() = default;

  std::size_t size() const { return columns_.size(); }  // p, with the intercept

  const std::vector<std::string>& names() const { return names_; }

  bool intercept() const { return intercept_; }

  // The range of column j that the schema allows.
  double lower(std::size_t j) const { return lower_[j]; }

  double upper(std::size_t j) const { return upper_[j]; }

  double bound(std::size_t j) const;  // max |x|

  // Term of each column and the terms' names: the intercept is a term of its own.
  std::size_t term_of(std::size_t j) const { return columns_[j].term; }

  const std::vector<std::string>& term_names() const { return term_names_; }

  // Whether column j is made of 0/1 parts only.
  bool indicator(std::size_t j) const;

  // The variables that the terms read, ascending, once each.
  const std::vector<std::size_t>& variables() const { return variables_; }

  // Fills x (size() elements). False, x undefined, when a value is missing.
  bool Row(const PersonTable& table, std::size_t person, std::span<double> x) const;
  // Persons [begin, end): x[j * (end - begin) + i] is column j of person begin + i, 0 where the row
  // is not complete; complete[i] is and-ed with whether it is.
  void Columns(const PersonTable& table, std::size_t begin, std::size_t end, std::span<double> x,
               std::span<std::uint8_t> complete) const;

 private:
  friend class TermParser;

  // One factor of a product: a variable (or the site), as it is, scaled, or equal to a level.
  struct Part {
    enum class Kind { kValue, kLevel, kSite } kind = Kind::kValue;
    std::size_t variable = 0;
    double level = 0;              // kLevel, kSite
    double centre = 0, scale = 1;  // kValue
  };

  struct Column {
    std::vector<Part> parts;  // empty: the intercept
    std::size_t term = 0;
  };

  void Multiply(const Part& part, const PersonTable& table, std::size_t begin, bool first,
                std::span<double> x) const;

  bool intercept_ = false;
  std::vector<Column> columns_;
  std::vector<std::string> names_, term_names_;
  std::vector<double> lower_, upper_;
  std::vector<std::size_t> variables_;
};

}  // namespace essaim
