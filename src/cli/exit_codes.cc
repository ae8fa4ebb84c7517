#include "cli/exit_codes.h"

#include <cstdio>
#include <string>

namespace essaim::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kRefused;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnavailable;
    case absl::StatusCode::kInvalidArgument:
      return kBadInput;
    case absl::StatusCode::kCancelled:
      return kCancelled;
    default:
      return kFailed;
  }
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "essaim: %s\n", std::string(status.message()).c_str());
  return ExitCodeOf(status);
}

}  // namespace essaim::cli
