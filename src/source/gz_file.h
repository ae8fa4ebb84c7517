// A file, plain or compressed with gzip (RFC 1952; several members in a row, as bgzip writes, too),
// as a source of bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace essaim {

// Whether the file begins as one of gzip's, by bgzip or not. Leaves it at its begin.
bool IsGzip(std::FILE* file);

class GzFile {
 public:
  // kNotFound, naming the path.
  static absl::StatusOr<std::unique_ptr<GzFile>> Open(const std::string& path);
  ~GzFile();
  GzFile(const GzFile&) = delete;
  GzFile& operator=(const GzFile&) = delete;

  // The number of bytes, 0 at the end. kInvalidArgument: the compressed data are broken.
  absl::StatusOr<std::size_t> Read(char* to, std::size_t n);
  std::uint64_t offset() const;  // in the file as it lies there

  bool compressed() const { return file_ != nullptr; }

 private:
  struct Plain;

  GzFile();

  void* file_ = nullptr;
  std::unique_ptr<Plain> plain_;  // if the file is not compressed
  std::string path_;
};

// SHA-256 of the file as it lies there. kNotFound, kUnavailable.
absl::StatusOr<std::string> HashOfFile(const std::string& path);

}  // namespace essaim
