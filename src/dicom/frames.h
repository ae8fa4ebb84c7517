// One frame of an image as pixel values, whatever it is compressed with.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace essaim::dicom {

inline constexpr std::uint64_t kFrameBytesMax = std::uint64_t{1} << 30;

struct Frame {
  std::uint32_t rows = 0, columns = 0, samples = 1;  // samples: 1 grey, 3 colours
  std::uint32_t bits_allocated = 8, bits_stored = 8;
  bool is_signed = false;
  // Row by row, the samples of a pixel together; 16 bits little endian.
  std::string pixels;
};

// `frame` from 0. Native, deflated, big endian, RLE, JPEG and JPEG-LS through DCMTK, JPEG 2000
// through OpenJPEG. kNotFound: no such frame, or no pixels. kUnimplemented: a compression that none
// of them reads. kInvalidArgument: a broken stream.
absl::StatusOr<Frame> DecodeFrame(DcmDataset& dataset, std::uint32_t frame);

// A codestream of JPEG 2000 (ISO/IEC 15444-1) on its own, as DICOM encapsulates it.
absl::StatusOr<Frame> DecodeJpeg2000(std::string_view codestream);

// Netpbm's P5 or P6, 16 bits big endian as it wants them; of signed values the smallest becomes 0.
std::string NetpbmOf(const Frame& frame);

}  // namespace essaim::dicom
