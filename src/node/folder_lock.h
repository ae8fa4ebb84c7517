// Who uses a site's folder: any number of commands at once, or one that replaces its keys alone.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace essaim::node {

enum class FolderUse { kShared, kAlone };

// flock(2) on the folder's file keys.lock, held as long as this lives and let go by the kernel when
// the process dies. Move only.
class FolderLock {
 public:
  // kUnavailable: somebody replaces keys (kShared), or somebody uses the folder (kAlone).
  static absl::StatusOr<FolderLock> Take(const std::string& folder, FolderUse use);

  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_ = -1;
};

}  // namespace essaim::node
