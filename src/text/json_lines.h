// A file of JSON objects, one a line (NDJSON), read with bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "warehouse/byte_file.h"

namespace essaim::text {

inline constexpr std::size_t kJsonLineBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kJsonFieldsMax = 1'000;

// An object's own fields as text: strings as they are, numbers and booleans as written, null is
// left out; a field that is an object is given as "outer.inner", a list as its texts, one a line.
using JsonFields = std::map<std::string, std::string, std::less<>>;

// kInvalidArgument with the reason, never a value: not an object, too many fields, not UTF-8.
absl::StatusOr<JsonFields> ReadJsonFields(std::string_view line);

class JsonLines {
 public:
  // kNotFound.
  static absl::StatusOr<std::unique_ptr<JsonLines>> Open(const std::string& path);

  // The next line that is not empty, valid until the next call; false at the end.
  // kResourceExhausted: longer than kJsonLineBytesMax.
  absl::StatusOr<bool> Next(std::string_view& line);

  std::uint64_t line() const { return line_; }  // of the last one given, from 1

  std::uint64_t bytes_done() const { return bytes_done_; }

  std::string Sha256Hex() { return file_->Sha256Hex(); }

 private:
  JsonLines() = default;

  std::unique_ptr<ByteFile> file_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t line_ = 0, bytes_done_ = 0;
};

}  // namespace essaim::text
