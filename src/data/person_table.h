// All the data an algorithm sees: one row a person, one column a variable of the schema.
//
// Every value is a double: a category is its level's index, a boolean 0 or 1, a missing value NaN.
// Columns are contiguous, so an algorithm may walk one column at a time.
// Threads: const methods may run concurrently.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/schema.h"

namespace essaim {

class PersonTable {
 public:
  PersonTable() = default;
  // columns[v][i] is variable v of person i. `site` is this table's position in the study's list of
  // sites. kInvalidArgument: columns of unequal length or not one per variable, a value outside its
  // variable's range or kind (the message names the variable and the row, never the value).
  static absl::StatusOr<PersonTable> Make(Schema schema, std::vector<std::vector<double>> columns,
                                          std::size_t site = 0);

  const Schema& schema() const { return schema_; }

  std::size_t n_persons() const { return n_persons_; }

  std::size_t site() const { return site_; }

  std::span<const double> column(std::size_t variable) const { return columns_[variable]; }

  double at(std::size_t person, std::size_t variable) const { return columns_[variable][person]; }

  // The rows given, in that order; `persons` are indices below n_persons().
  PersonTable Select(std::span<const std::size_t> persons) const;

  static bool IsMissing(double value) { return value != value; }

 private:
  Schema schema_;
  std::vector<std::vector<double>> columns_;
  std::size_t n_persons_ = 0;
  std::size_t site_ = 0;
};

}  // namespace essaim
