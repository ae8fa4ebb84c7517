// Which tables of a result people read, and which are there for programs or to look things up in.
#pragma once

#include "algo/result.h"

namespace essaim {

// Models as numbers, covariance matrices, and long tables beside a curve that shows the same.
bool IsDetail(const Result& result, const ResultTable& table);

}  // namespace essaim
