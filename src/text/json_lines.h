// A file of JSON objects, one a line (NDJSON), read with bounded memory.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/line_reader.h"

namespace essaim::text {

inline constexpr std::size_t kJsonLineBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kJsonFieldsMax = 1'000;

// An object's own fields as text: strings as they are, numbers and booleans as written, null is
// left out; a field that is an object is given as "outer.inner", a list as its texts, one a line.
using JsonFields = std::map<std::string, std::string, std::less<>>;

// kInvalidArgument with the reason, never a value: not an object, too many fields, not UTF-8.
absl::StatusOr<JsonFields> ReadJsonFields(std::string_view line);

// The next line that is not empty, without blanks around it, valid until the next call; false at
// the end. The errors of LineReader::Next.
absl::StatusOr<bool> NextJsonLine(LineReader& lines, std::string_view& line);

}  // namespace essaim::text
