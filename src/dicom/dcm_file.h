// A DICOM file in memory through DCMTK, its bulk values left in the file; and out again as a
// stream.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "dicom/byte_input.h"
#include "dicom/file_scan.h"

namespace essaim::dicom {

// DCMTK's own log, which prints values, is silent from then on. kFailedPrecondition: its dictionary
// is not installed.
absl::Status PrepareDcmtk();

struct DcmFile {
  std::unique_ptr<DcmFileFormat> content;
  FileScan scan;
  std::string sha256_hex;  // of the file
  std::uint64_t bytes = 0;
};

// Looked over (file_scan.h, whose errors it gives), then read. kInvalidArgument also where DCMTK
// cannot read it.
absl::StatusOr<DcmFile> ReadDcmFile(const std::string& path);
absl::StatusOr<DcmFile> ReadDcmBytes(std::string_view bytes);

// As a file in its own transfer syntax, with meta information of our own making. `take` gets the
// bytes in order; its first error ends the writing and is returned.
absl::Status WriteDcm(DcmFileFormat& content,
                      const std::function<absl::Status(std::string_view)>& take);

}  // namespace essaim::dicom
