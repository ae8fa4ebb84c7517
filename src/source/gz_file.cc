#include "source/gz_file.h"

#include <zlib.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "crypto/hash.h"

namespace essaim {
namespace {

gzFile Of(void* file) { return static_cast<gzFile>(file); }

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

}  // namespace

bool IsGzip(std::FILE* file) {
  std::rewind(file);
  const bool is = std::fgetc(file) == 0x1f && std::fgetc(file) == 0x8b;  // RFC 1952, 2.3.1
  std::rewind(file);
  return is;
}

struct GzFile::Plain {
  explicit Plain(File opened) : file(std::move(opened)) {}

  File file;
  std::uint64_t n_read = 0;
};

GzFile::GzFile() = default;

absl::StatusOr<std::unique_ptr<GzFile>> GzFile::Open(const std::string& path) {
  std::unique_ptr<GzFile> file(new GzFile);
  File plain(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (plain == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  if (!IsGzip(plain.get())) {
    std::setvbuf(plain.get(), nullptr, _IONBF, 0);
    file->plain_ = std::make_unique<Plain>(std::move(plain));
    file->path_ = path;
    return file;
  }
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
  if (plain_ != nullptr) {
    const std::size_t n_read = std::fread(to, 1, n, plain_->file.get());
    if (std::ferror(plain_->file.get()) != 0)
      return absl::UnavailableError(absl::StrCat(path_, ": cannot be read"));
    plain_->n_read += n_read;
    return n_read;
  }
  const int got = gzread(Of(file_), to, static_cast<unsigned>(n));
  int code = Z_OK;
  gzerror(Of(file_), &code);
  // At the end, Z_BUF_ERROR: the compressed data stop before theirs.
  if (got < 0 || (got == 0 && code == Z_BUF_ERROR))
    return absl::InvalidArgumentError(absl::StrCat(path_, ": the compressed data are broken"));
  return static_cast<std::size_t>(got);
}

std::uint64_t GzFile::offset() const {
  return plain_ != nullptr ? plain_->n_read : static_cast<std::uint64_t>(gzoffset(Of(file_)));
}

absl::StatusOr<std::string> HashOfFile(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"), &std::fclose);
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
