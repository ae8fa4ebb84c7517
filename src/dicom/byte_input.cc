#include "dicom/byte_input.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"

namespace essaim::dicom {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

}  // namespace

std::size_t MemoryInput::Read(char* out, std::size_t n) {
  n = std::min(n, rest_.size());
  std::memcpy(out, rest_.data(), n);
  rest_.remove_prefix(n);
  return n;
}

absl::StatusOr<std::unique_ptr<FileInput>> FileInput::Open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    const std::string reason = absl::StrCat(path, ": ", std::strerror(errno));
    return errno == EACCES ? absl::PermissionDeniedError(reason) : absl::NotFoundError(reason);
  }
  return std::unique_ptr<FileInput>(new FileInput(file));
}

FileInput::~FileInput() { std::fclose(file_); }

std::size_t FileInput::Read(char* out, std::size_t n) {
  const std::size_t got = std::fread(out, 1, n, file_);
  if (got < n && std::ferror(file_) != 0) status_ = absl::UnavailableError("cannot be read");
  hasher_.Update({out, got});
  bytes_ += got;
  return got;
}

std::string FileInput::Sha256Hex() {
  std::vector<char> buffer(kBufferBytes);
  while (Read(buffer.data(), buffer.size()) > 0) continue;
  return ToHex(hasher_.Finish());
}

struct InflatedInput::Stream {
  z_stream z = {};
};

InflatedInput::InflatedInput(ByteInput& from, std::uint64_t bytes_max)
    : from_(from), left_(bytes_max), stream_(std::make_unique<Stream>()), buffer_(kBufferBytes) {
  if (inflateInit2(&stream_->z, -MAX_WBITS) != Z_OK) {
    ended_ = true;
    status_ = absl::ResourceExhaustedError("zlib has no memory");
  }
}

InflatedInput::~InflatedInput() { inflateEnd(&stream_->z); }

std::size_t InflatedInput::Read(char* out, std::size_t n) {
  z_stream& z = stream_->z;
  std::size_t got = 0;
  while (got < n && !ended_) {
    if (z.avail_in == 0) {
      z.avail_in = static_cast<unsigned>(from_.Read(buffer_.data(), buffer_.size()));
      z.next_in = reinterpret_cast<unsigned char*>(buffer_.data());
    }
    const std::size_t wanted = std::min<std::uint64_t>({n - got, left_, kBufferBytes});
    if (wanted == 0) {
      status_ = absl::ResourceExhaustedError("inflates to more than is allowed");
      ended_ = true;
      break;
    }
    z.next_out = reinterpret_cast<unsigned char*>(out + got);
    z.avail_out = static_cast<unsigned>(wanted);
    const int done = inflate(&z, Z_NO_FLUSH);
    const std::size_t made = wanted - z.avail_out;
    got += made;
    left_ -= made;
    if (done == Z_STREAM_END) ended_ = true;
    if (done != Z_OK && done != Z_STREAM_END) {
      status_ = absl::InvalidArgumentError("not a whole deflated stream");
      ended_ = true;
    }
  }
  return got;
}

}  // namespace essaim::dicom
