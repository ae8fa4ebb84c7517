// How the command line ends when something went wrong.
#pragma once

#include "base/exit_codes.h"

namespace essaim::cli {

inline int Fail(const absl::Status& status) { return essaim::Fail("essaim", status); }

}  // namespace essaim::cli
