// Looks over the structure of a DICOM file before DCMTK reads it: lengths, nesting, number of
// parts.
//
// A file says how long its parts are; here every length is checked against what holds it, so that a
// file of a few bytes cannot ask for gigabytes or for a thousand sequences in one another. The
// file format is PS3.10 section 7, the encodings are PS3.5 sections 7 and A.
//
// Errors: kNotFound: no DICOM file (no "DICM" at byte 128). kInvalidArgument: broken, with the tag
// and the reason, never a value. kUnavailable: cannot be read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "dicom/byte_input.h"

namespace essaim::dicom {

inline constexpr int kDepthMax = 32;                    // sequences in one another
inline constexpr std::uint64_t kElementsMax = 1 << 20;  // data elements and items
inline constexpr std::uint64_t kInflatedBytesMax = std::uint64_t{1} << 29;
inline constexpr std::uint64_t kHeaderBytesMax = std::uint64_t{1} << 28;  // all but bulk values
// A value above this size is bulk: it stays in the file until it is written on.
inline constexpr std::uint32_t kBulkBytes = 1 << 16;

struct FileScan {
  std::string transfer_syntax_uid;
  std::string media_storage_sop_class_uid;
};

// Reads all of it.
absl::StatusOr<FileScan> ScanFile(ByteInput& input);

}  // namespace essaim::dicom
