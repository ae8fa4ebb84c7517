// What the programs' exit codes mean; docs/cli.md lists them.
#pragma once

#include "absl/status/status.h"

namespace essaim {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kRefused = 3,  // by a policy, a permission or a wrong fingerprint
  kNotFound = 4,
  kUnavailable = 5,  // the hub cannot be reached, or a run is paused and the time is up
  kBadInput = 6,     // a file or a value is wrong; the message says where
  kCancelled = 7,
};

// Prints "program: ..." to standard error and gives the code.
int Fail(const char* program, const absl::Status& status);
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace essaim
