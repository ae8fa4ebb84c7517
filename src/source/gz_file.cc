#include "source/gz_file.h"

#include <zlib.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "crypto/hash.h"

namespace essaim {
namespace {

gzFile Of(void* file) { return static_cast<gzFile>(file); }

}  // namespace

absl::StatusOr<std::unique_ptr<GzFile>> GzFile::Open(const std::string& path) {
  std::unique_ptr<GzFile> file(new GzFile);
  file->file_ = gzopen(path.c_str(), "rb");
  if (file->file_ == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  gzbuffer(Of(file->file_), 1 << 18);
  file->path_ = path;
  return file;
}

GzFile::~GzFile() {
  if (file_ != nullptr) gzclose_r(Of(file_));
}

absl::StatusOr<std::size_t> GzFile::Read(char* to, std::size_t n) {
  const int got = gzread(Of(file_), to, static_cast<unsigned>(n));
  int code = Z_OK;
  gzerror(Of(file_), &code);
  // At the end, Z_BUF_ERROR: the compressed data stop before theirs.
  if (got < 0 || (got == 0 && code == Z_BUF_ERROR))
    return absl::InvalidArgumentError(absl::StrCat(path_, ": the compressed data are broken"));
  return static_cast<std::size_t>(got);
}

std::uint64_t GzFile::offset() const { return static_cast<std::uint64_t>(gzoffset(Of(file_))); }

absl::StatusOr<std::string> HashOfFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  crypto::Sha256Hasher hasher;
  std::string buffer(1 << 18, '\0');
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file.get()))
    hasher.Update(std::string_view(buffer).substr(0, n));
  if (std::ferror(file.get()) != 0)
    return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  return ToHex(hasher.Finish());
}

}  // namespace essaim
