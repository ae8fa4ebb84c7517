#include "warehouse/byte_file.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"

namespace essaim {

absl::StatusOr<std::unique_ptr<ByteFile>> ByteFile::Open(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::exists(status)) {
    return absl::NotFoundError(absl::StrCat("no such file: ", path));
  }
  if (!std::filesystem::is_regular_file(status)) {
    return absl::InvalidArgumentError(absl::StrCat("not a plain file: ", path));
  }
  std::unique_ptr<ByteFile> file(new ByteFile);
  file->size_ = std::filesystem::file_size(path, error);
  file->file_.reset(std::fopen(path.c_str(), "rb"));
  if (error || file->file_ == nullptr) {
    return absl::PermissionDeniedError(absl::StrCat("cannot be read: ", path));
  }
  return file;
}

absl::StatusOr<std::size_t> ByteFile::Read(std::span<char> buffer) {
  const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file_.get());
  if (n < buffer.size() && std::ferror(file_.get()) != 0) {
    return absl::UnavailableError("the file cannot be read to its end");
  }
  hash_.Update({buffer.data(), n});
  return n;
}

absl::Status ByteFile::SkipTo(std::uint64_t offset) {
  if (fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) == 0) return absl::OkStatus();
  return absl::UnavailableError("the file cannot be read to its end");
}

std::string ByteFile::Sha256Hex() { return ToHex(hash_.Finish()); }

}  // namespace essaim
