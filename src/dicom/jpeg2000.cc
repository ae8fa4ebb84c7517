#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "dicom/frames.h"

namespace essaim::dicom {
namespace {

struct Source {
  std::string_view bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T ReadSource(void* out, OPJ_SIZE_T n, void* user) {
  auto& source = *static_cast<Source*>(user);
  const std::size_t got = std::min<std::size_t>(n, source.bytes.size() - source.at);
  if (got == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(out, source.bytes.data() + source.at, got);
  source.at += got;
  return got;
}

OPJ_OFF_T SkipSource(OPJ_OFF_T n, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (n < 0) return -1;
  const std::size_t skipped =
      std::min(static_cast<std::size_t>(n), source.bytes.size() - source.at);
  source.at += skipped;
  return static_cast<OPJ_OFF_T>(skipped);
}

OPJ_BOOL SeekSource(OPJ_OFF_T to, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (to < 0 || static_cast<std::size_t>(to) > source.bytes.size()) return OPJ_FALSE;
  source.at = static_cast<std::size_t>(to);
  return OPJ_TRUE;
}

struct FreeImage {
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};

using Image = std::unique_ptr<opj_image_t, FreeImage>;

absl::Status Broken() { return absl::InvalidArgumentError("no whole JPEG 2000 codestream"); }

// All components alike, and within what a frame may take: before anything is decoded.
absl::Status Check(const opj_image_t& image) {
  if (image.numcomps != 1 && image.numcomps != 3)
    return absl::UnimplementedError("JPEG 2000 of neither one nor three components");
  const opj_image_comp_t& first = image.comps[0];
  for (OPJ_UINT32 c = 0; c < image.numcomps; ++c) {
    const opj_image_comp_t& each = image.comps[c];
    if (each.w != first.w || each.h != first.h || each.prec != first.prec ||
        each.sgnd != first.sgnd)
      return absl::UnimplementedError("JPEG 2000 whose components differ");
  }
  if (first.prec < 1 || first.prec > 16)
    return absl::UnimplementedError("JPEG 2000 of more than 16 bits");
  if (std::uint64_t{first.w} * first.h * image.numcomps * sizeof(OPJ_INT32) > kFrameBytesMax)
    return absl::ResourceExhaustedError("a frame larger than is allowed");
  return absl::OkStatus();
}

absl::StatusOr<Image> Decode(std::string_view codestream) {
  const std::unique_ptr<opj_codec_t, void (*)(opj_codec_t*)> codec(
      opj_create_decompress(OPJ_CODEC_J2K), opj_destroy_codec);
  const std::unique_ptr<opj_stream_t, void (*)(opj_stream_t*)> stream(
      opj_stream_create(1 << 16, OPJ_TRUE), opj_stream_destroy);
  if (codec == nullptr || stream == nullptr)
    return absl::ResourceExhaustedError("OpenJPEG has no memory");
  Source source{.bytes = codestream};
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), codestream.size());
  opj_stream_set_read_function(stream.get(), ReadSource);
  opj_stream_set_skip_function(stream.get(), SkipSource);
  opj_stream_set_seek_function(stream.get(), SeekSource);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* raw = nullptr;
  if (!opj_setup_decoder(codec.get(), &parameters) ||
      !opj_read_header(stream.get(), codec.get(), &raw)) {
    const Image read(raw);
    return Broken();
  }
  Image image(raw);
  if (const absl::Status good = Check(*image); !good.ok()) return good;
  if (!opj_decode(codec.get(), stream.get(), image.get()) ||
      !opj_end_decompress(codec.get(), stream.get()))
    return Broken();
  for (OPJ_UINT32 c = 0; c < image->numcomps; ++c) {
    if (image->comps[c].data == nullptr) return Broken();
  }
  return image;
}

}  // namespace

absl::StatusOr<Frame> DecodeJpeg2000(std::string_view codestream) {
  absl::StatusOr<Image> decoded = Decode(codestream);
  if (!decoded.ok()) return decoded.status();
  const opj_image_t& image = **decoded;
  Frame frame{.rows = image.comps[0].h,
              .columns = image.comps[0].w,
              .samples = image.numcomps,
              .bits_allocated = image.comps[0].prec > 8 ? 16U : 8U,
              .bits_stored = image.comps[0].prec,
              .is_signed = image.comps[0].sgnd != 0};
  const std::size_t n = std::size_t{frame.rows} * frame.columns;
  frame.pixels.reserve(n * frame.samples * frame.bits_allocated / 8);
  for (std::size_t i = 0; i < n; ++i) {
    for (OPJ_UINT32 c = 0; c < frame.samples; ++c) {
      const auto value = static_cast<std::uint32_t>(image.comps[c].data[i]);
      frame.pixels.push_back(static_cast<char>(value & 0xFF));
      if (frame.bits_allocated == 16) frame.pixels.push_back(static_cast<char>(value >> 8 & 0xFF));
    }
  }
  return frame;
}

}  // namespace essaim::dicom
