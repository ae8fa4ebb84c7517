// Histogram of a number over declared edges, or over equal bins of its declared range.
//
// Released:   persons a bin, below, above and missing.
// Statistic:  n[bins + 3]: the bins, below, above, missing.
// Input:      a number; bins are closed on the right unless asked, the outermost edges belong to
//             their bins.
// Additive:   per person; bound 1.
// Cost:       O(rows log bins) time; 1 round.
// Errors:     kInvalidArgument for edges that do not ascend, or both edges and bins.
// Threads:    const methods may run concurrently.
// Reference:  R hist(plot = FALSE)$counts. Golden: tests/golden/descriptive.json.
#pragma once

#include "algo/registry.h"

namespace essaim::descriptive {

AlgorithmInfo HistogramInfo();

}  // namespace essaim::descriptive
