// The counts that the cross-table and the chi-squared test share.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/descriptive/counts_part.h"
#include "algorithms/descriptive/grouping.h"
#include "algorithms/descriptive/inference.h"
#include "algorithms/descriptive/setup.h"

namespace essaim::descriptive {

struct CrossSetup {
  Grouping row, column;
  bool correct = true;
};

std::vector<ParamSpec> CrossParams();
std::vector<Params> CrossExamples();
// From the parameters `row`, `column`, `correct`. kInvalidArgument for a number or one variable
// given twice.
absl::StatusOr<CrossSetup> MakeCrossSetup(const Setup& setup);

// The test over the cells where both are known.
ChiSquared TestCross(const CrossSetup& cross, const CountsPart& counts, const State& state);
ResultTable TestTable(const ChiSquared& test);
// "An expected count is below 5 ..." where it applies.
std::vector<std::string> TestNotes(const ChiSquared& test);

}  // namespace essaim::descriptive
