// An analysis without cryptography or network: the sums are added in the clear, in one process.
//
// What `--compare-pooled` holds the federated result against, with one table of all rows.
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"

namespace essaim {

// tables[i] is site i's rows. The result has had no disclosure control.
absl::StatusOr<Result> RunPlain(const Algorithm& algorithm, std::span<const PersonTable> tables);

}  // namespace essaim
