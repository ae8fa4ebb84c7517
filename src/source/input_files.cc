#include "source/input_files.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<std::string>> InputFiles(
    const std::vector<std::string>& paths, const std::function<bool(const std::string&)>& wanted,
    std::string_view what) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> found, ListFolder(path));
    std::erase_if(found, [&](const std::string& name) { return !wanted(name); });
    if (found.empty()) return absl::NotFoundError(absl::StrCat(path, ": no ", Av(what)));
    files.insert(files.end(), found.begin(), found.end());
  }
  if (files.empty()) return absl::InvalidArgumentError("no file to load");
  return files;
}

absl::StatusOr<std::uint64_t> BytesOf(const std::vector<std::string>& files) {
  std::uint64_t bytes = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    if (error) return absl::NotFoundError(absl::StrCat(file, ": no such file"));
    bytes += size;
  }
  return bytes;
}

}  // namespace essaim
