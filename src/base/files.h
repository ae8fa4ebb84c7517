// Small files: keys, certificates, configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

// kNotFound, kPermissionDenied or kResourceExhausted (above `max_bytes`), naming the path.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t max_bytes = std::size_t{1} << 26);

// Writes beside, syncs and renames: after a crash there is the old file or the new one. `mode` as
// for chmod.
absl::Status WriteFile(const std::string& path, std::string_view bytes, unsigned mode = 0644);

// No error if it is not there. kUnavailable, naming the path.
absl::Status RemoveFile(const std::string& path);

// The paths of what is in a folder, in the order of their names. kNotFound, kPermissionDenied,
// kUnavailable, naming the folder; nothing is thrown where it cannot be read on.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

// kAlreadyExists if it is there and not an empty folder. Mode 0700.
absl::Status MakePrivateFolder(const std::string& path);

}  // namespace essaim
