#include "node/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace essaim::node {

absl::StatusOr<FolderLock> FolderLock::Take(const std::string& folder, FolderUse use) {
  const std::string path = folder + "/keys.lock";
  FolderLock lock;
  lock.descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock.descriptor_ < 0)
    return absl::PermissionDeniedError(absl::StrCat(path, ": ", std::strerror(errno)));
  const int wanted = use == FolderUse::kAlone ? LOCK_EX : LOCK_SH;
  if (flock(lock.descriptor_, wanted | LOCK_NB) == 0) return lock;
  return absl::UnavailableError(
      use == FolderUse::kAlone
          ? absl::StrCat(folder,
                         " is in use: stop the node and wait for what loads into it, so "
                         "that nobody goes on with a key that is replaced")
          : absl::StrCat("keys of ", folder, " are being replaced; try again when that is done"));
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace essaim::node
