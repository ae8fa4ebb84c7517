// Bytes from outside, one after the other: a file, memory, or a deflated stream of either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash.h"

namespace essaim::dicom {

class ByteInput {
 public:
  virtual ~ByteInput() = default;
  // Up to n bytes into `out`; fewer only at the end, or where the input is broken (status()).
  virtual std::size_t Read(char* out, std::size_t n) = 0;

  // Ok, or why the input ended early: it cannot be read, or what it holds is no deflated stream.
  virtual absl::Status status() const { return absl::OkStatus(); }
};

class MemoryInput : public ByteInput {
 public:
  explicit MemoryInput(std::string_view bytes) : rest_(bytes) {}

  std::size_t Read(char* out, std::size_t n) override;

 private:
  std::string_view rest_;
};

// Hashes what it reads.
class FileInput : public ByteInput {
 public:
  // kNotFound, kPermissionDenied.
  static absl::StatusOr<std::unique_ptr<FileInput>> Open(const std::string& path);
  ~FileInput() override;
  std::size_t Read(char* out, std::size_t n) override;

  absl::Status status() const override { return status_; }

  // Of the whole file: reads what is left. Once.
  std::string Sha256Hex();

  std::uint64_t bytes() const { return bytes_; }  // read so far

 private:
  explicit FileInput(std::FILE* file) : file_(file) {}

  std::FILE* file_;
  crypto::Sha256Hasher hasher_;
  std::uint64_t bytes_ = 0;
  absl::Status status_;
};

// A raw deflated stream (RFC 1951) that begins where `from` stands, up to `bytes_max` inflated.
class InflatedInput : public ByteInput {
 public:
  InflatedInput(ByteInput& from, std::uint64_t bytes_max);
  ~InflatedInput() override;
  std::size_t Read(char* out, std::size_t n) override;

  absl::Status status() const override { return status_; }

 private:
  struct Stream;

  ByteInput& from_;
  std::uint64_t left_;
  std::unique_ptr<Stream> stream_;
  std::vector<char> buffer_;
  bool ended_ = false;
  absl::Status status_;
};

}  // namespace essaim::dicom
