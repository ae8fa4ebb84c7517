#include "dicom/frames.h"

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::dicom {
namespace {

// Once a process: DCMTK keeps its decoders in a list of its own.
void RegisterDecoders() {
  static const bool done = [] {
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_default,
                                          EPC_colorByPixel);
    DJLSDecoderRegistration::registerCodecs(EJLSUC_default, EJLSPC_colorByPixel);
    DcmRLEDecoderRegistration::registerCodecs();
    return true;
  }();
  static_cast<void>(done);
}

bool IsJpeg2000(E_TransferSyntax syntax) {
  return syntax == EXS_JPEG2000LosslessOnly || syntax == EXS_JPEG2000;
}

std::uint32_t Number(DcmDataset& dataset, const DcmTagKey& tag, std::uint32_t otherwise) {
  Uint16 value = 0;
  return dataset.findAndGetUint16(tag, value).good() ? value : otherwise;
}

absl::StatusOr<Frame> ShapeOf(DcmDataset& dataset) {
  Frame frame{.rows = Number(dataset, DCM_Rows, 0),
              .columns = Number(dataset, DCM_Columns, 0),
              .samples = Number(dataset, DCM_SamplesPerPixel, 1),
              .bits_allocated = Number(dataset, DCM_BitsAllocated, 0),
              .bits_stored = Number(dataset, DCM_BitsStored, 0),
              .is_signed = Number(dataset, DCM_PixelRepresentation, 0) == 1};
  if (frame.rows == 0 || frame.columns == 0)
    return absl::NotFoundError("an image without rows or columns");
  if ((frame.samples != 1 && frame.samples != 3) ||
      (frame.bits_allocated != 8 && frame.bits_allocated != 16))
    return absl::UnimplementedError("pixels that are neither 8 or 16 bits, nor 1 or 3 samples");
  if (frame.bits_stored == 0 || frame.bits_stored > frame.bits_allocated)
    frame.bits_stored = frame.bits_allocated;
  if (std::uint64_t{frame.rows} * frame.columns * frame.samples * frame.bits_allocated / 8 >
      kFrameBytesMax)
    return absl::ResourceExhaustedError("a frame larger than is allowed");
  return frame;
}

// The bytes of a frame of encapsulated pixels: its own fragment, or all of them if it is the only.
absl::StatusOr<std::string> Fragments(DcmPixelData& pixels, E_TransferSyntax syntax,
                                      std::uint32_t frame, std::uint32_t n_frames) {
  DcmPixelSequence* sequence = nullptr;
  if (pixels.getEncapsulatedRepresentation(syntax, nullptr, sequence).bad() || sequence == nullptr)
    return absl::NotFoundError("no pixels");
  const unsigned long n_fragments = sequence->card() == 0 ? 0 : sequence->card() - 1;
  if (n_frames > 1 && n_fragments != n_frames)
    return absl::UnimplementedError("frames in several fragments each");
  std::string bytes;
  for (unsigned long i = 0; i < n_fragments; ++i) {
    if (n_frames > 1 && i != frame) continue;
    DcmPixelItem* item = nullptr;
    Uint8* data = nullptr;
    if (sequence->getItem(item, i + 1).bad() || item->getUint8Array(data).bad() || data == nullptr)
      return absl::InvalidArgumentError("a fragment that cannot be read");
    bytes.append(reinterpret_cast<const char*>(data), item->getLength());
    if (bytes.size() > kFrameBytesMax)
      return absl::ResourceExhaustedError("a frame larger than is allowed");
  }
  return bytes;
}

void Interleave(Frame& frame) {
  const std::size_t width = frame.bits_allocated / 8;
  const std::size_t n = std::size_t{frame.rows} * frame.columns;
  std::string mixed;
  mixed.reserve(frame.pixels.size());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t s = 0; s < frame.samples; ++s)
      mixed.append(frame.pixels, (s * n + i) * width, width);
  }
  frame.pixels = std::move(mixed);
}

absl::StatusOr<Frame> DecodeByDcmtk(DcmDataset& dataset, DcmPixelData& pixels, Frame frame,
                                    std::uint32_t number) {
  const E_TransferSyntax syntax = dataset.getOriginalXfer();
  Uint32 bytes = 0;
  if (pixels.getUncompressedFrameSize(&dataset, bytes).bad() || bytes > kFrameBytesMax)
    return absl::InvalidArgumentError("pixels whose size is not that of the image");
  // Room for a byte more: DCMTK wants an even number.
  frame.pixels.resize(bytes + bytes % 2);
  Uint32 fragment = 0;
  OFString colors;
  const OFCondition decoded =
      pixels.getUncompressedFrame(&dataset, number, fragment, frame.pixels.data(),
                                  static_cast<Uint32>(frame.pixels.size()), colors);
  if (decoded.bad()) {
    const std::string reason = absl::StrCat(DcmXfer(syntax).getXferName(), ": ", decoded.text());
    return decoded == EC_CannotChangeRepresentation || decoded == EC_UnsupportedEncoding
               ? absl::UnimplementedError(reason)
               : absl::InvalidArgumentError(reason);
  }
  const std::size_t expected =
      std::size_t{frame.rows} * frame.columns * frame.samples * frame.bits_allocated / 8;
  if (frame.pixels.size() < expected)
    return absl::InvalidArgumentError("fewer pixels than rows and columns say");
  frame.pixels.resize(expected);
  const bool by_plane = syntax == EXS_RLELossless || !DcmXfer(syntax).isEncapsulated();
  if (frame.samples == 3 && by_plane && Number(dataset, DCM_PlanarConfiguration, 0) == 1)
    Interleave(frame);
  return frame;
}

}  // namespace

absl::StatusOr<Frame> DecodeFrame(DcmDataset& dataset, std::uint32_t frame) {
  RegisterDecoders();
  ESSAIM_ASSIGN_OR_RETURN(Frame shape, ShapeOf(dataset));
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad())
    return absl::NotFoundError("no pixels");
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  Sint32 n_frames = 1;
  if (dataset.findAndGetSint32(DCM_NumberOfFrames, n_frames).bad()) n_frames = 1;
  if (pixels == nullptr || n_frames < 1 || frame >= static_cast<std::uint32_t>(n_frames))
    return absl::NotFoundError(absl::StrCat("no frame ", frame + 1, " of ", n_frames));
  const E_TransferSyntax syntax = dataset.getOriginalXfer();
  if (!IsJpeg2000(syntax)) return DecodeByDcmtk(dataset, *pixels, std::move(shape), frame);
  ESSAIM_ASSIGN_OR_RETURN(const std::string bytes,
                          Fragments(*pixels, syntax, frame, static_cast<std::uint32_t>(n_frames)));
  ESSAIM_ASSIGN_OR_RETURN(Frame decoded, DecodeJpeg2000(bytes));
  if (decoded.rows != shape.rows || decoded.columns != shape.columns ||
      decoded.samples != shape.samples)
    return absl::InvalidArgumentError("a codestream of another size than the image");
  return decoded;
}

std::string NetpbmOf(const Frame& frame) {
  const std::uint32_t top = (1U << frame.bits_stored) - 1;
  const bool wide = frame.bits_allocated == 16;
  std::string out = absl::StrCat(frame.samples == 3 ? "P6\n" : "P5\n", frame.columns, " ",
                                 frame.rows, "\n", top, "\n");
  const std::size_t step = wide ? 2 : 1;
  for (std::size_t at = 0; at + step <= frame.pixels.size(); at += step) {
    std::uint32_t value = static_cast<unsigned char>(frame.pixels[at]);
    if (wide)
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(frame.pixels[at + 1])) << 8;
    if (frame.is_signed) value += 1U << (frame.bits_stored - 1);
    value &= top;
    if (top > 0xFF) out.push_back(static_cast<char>(value >> 8));
    out.push_back(static_cast<char>(value & 0xFF));
  }
  return out;
}

}  // namespace essaim::dicom
