// An image of the store as a file outside it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "dicom/image_store.h"

namespace essaim::dicom {

// The de-identified DICOM file, as it was stored. `sha256_hex` is what its row says of it.
// kDataLoss: the file is another. kAlreadyExists: `path` is there.
absl::Status ExportDicom(const ImageStore& store, const std::string& file,
                         const std::string& sha256_hex, const std::string& path);
// One frame of it, from 1, as Netpbm (frames.h).
absl::Status ExportFrame(const ImageStore& store, const std::string& file, std::uint32_t frame,
                         const std::string& path);

}  // namespace essaim::dicom
