// A file as a source of bytes, hashed on the way.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/hash.h"
#include "warehouse/csv_scanner.h"

namespace essaim {

class ByteFile {
 public:
  // kNotFound, kInvalidArgument (not a plain file).
  static absl::StatusOr<std::unique_ptr<ByteFile>> Open(const std::string& path);

  std::uint64_t size() const { return size_; }

  // What follows is not the hash of the whole file. kUnavailable: the disk failed.
  absl::Status SkipTo(std::uint64_t offset);
  absl::StatusOr<std::size_t> Read(std::span<char> buffer);  // kUnavailable: the disk failed
  std::string Sha256Hex();                                   // of what was read; once

 private:
  ByteFile() = default;

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
  crypto::Sha256Hasher hash_;
};

}  // namespace essaim
