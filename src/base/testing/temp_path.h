// Where a test may write.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace essaim::testing {

// A path in the folder of temporary files, of this process alone: two runs at once do not meet.
// `part` tells a program's tests apart. Whoever makes it removes it.
inline std::string TempPath(std::string_view name, std::string_view part = "") {
  std::string path = ::testing::TempDir();
  if (!path.ends_with('/')) path += '/';
  path += name;
  path += '.';
  if (!part.empty()) path.append(part) += '.';
  return path + std::to_string(getpid());
}

}  // namespace essaim::testing
