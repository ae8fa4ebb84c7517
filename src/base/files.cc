#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace essaim {
namespace {

absl::Status Failed(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(text);
  if (error == ENOSPC) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

struct Descriptor {
  int fd;

  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return Failed(path, errno);
  std::string bytes;
  char buffer[65536];
  while (true) {
    const ssize_t n = read(file.fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path, errno);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
    if (bytes.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": larger than ", max_bytes, " bytes"));
    }
  }
}

absl::Status RemoveFile(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  return error ? absl::UnavailableError(absl::StrCat(path, ": cannot be removed"))
               : absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  std::error_code error;
  // Not a range-for: its increment throws.
  fs::directory_iterator at(path, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error))
    paths.push_back(at->path().string());
  if (error) return Failed(path, error.value());
  std::ranges::sort(paths);
  return paths;
}

absl::Status WriteFile(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string beside = absl::StrCat(path, ".new");
  const Descriptor file{open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
  if (file.fd < 0 || fchmod(file.fd, mode) != 0) return Failed(path, errno);
  const auto give_up = [&] {
    const absl::Status failed = Failed(path, errno);
    unlink(beside.c_str());
    return failed;
  };
  while (!bytes.empty()) {
    const ssize_t n = write(file.fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (fsync(file.fd) != 0 || rename(beside.c_str(), path.c_str()) != 0) return give_up();
  return absl::OkStatus();
}

absl::Status MakePrivateFolder(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_empty(path, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " is there already and not an empty folder"));
  }
  std::filesystem::create_directories(path, error);
  if (error) return Failed(path, error.value());
  return chmod(path.c_str(), 0700) == 0 ? absl::OkStatus() : Failed(path, errno);
}

}  // namespace essaim
