#include "base/exit_codes.h"

#include <cstdio>
#include <string>

namespace essaim {

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

int Fail(const char* program, const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", program, std::string(status.message()).c_str());
  return ExitCodeOf(status);
}

}  // namespace essaim
