// The files that a person named for a load: those given, and those of the folders given.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

// A file is taken as it is named. Of a folder, not of the folders in it, those that are `wanted`,
// by name; `what` is what they are, for people: ".hea file". kInvalidArgument: no path at all.
// kNotFound: a folder without a wanted file. kUnavailable: a folder cannot be listed.
absl::StatusOr<std::vector<std::string>> InputFiles(
    const std::vector<std::string>& paths, const std::function<bool(const std::string&)>& wanted,
    std::string_view what);

// Their sizes together. kNotFound: one is not there.
absl::StatusOr<std::uint64_t> BytesOf(const std::vector<std::string>& files);

}  // namespace essaim
