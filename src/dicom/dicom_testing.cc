#include "dicom/dicom_testing.h"

#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmimage/diregist.h>  // colours, for the encoders
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrploss.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>
#include <openjpeg.h>

#include <cstring>
#include <vector>

#include "dicom/dcm_file.h"

namespace essaim::dicom {
namespace {

void RegisterEncoders() {
  static const bool done = [] {
    DJEncoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
    DcmRLEEncoderRegistration::registerCodecs();
    return true;
  }();
  static_cast<void>(done);
}

OPJ_SIZE_T Append(void* bytes, OPJ_SIZE_T n, void* user) {
  static_cast<std::string*>(user)->append(static_cast<const char*>(bytes), n);
  return n;
}

std::string Jpeg2000Of(const std::string& pixels, unsigned rows, unsigned columns, unsigned samples,
                       unsigned bytes_each) {
  std::vector<opj_image_cmptparm_t> parameters(samples);
  for (auto& p : parameters) {
    std::memset(&p, 0, sizeof p);
    p.dx = p.dy = 1;
    p.w = columns;
    p.h = rows;
    p.prec = bytes_each == 2 ? 12 : 8;
  }
  opj_image_t* image = opj_image_create(samples, parameters.data(),
                                        samples == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY);
  image->x1 = columns;
  image->y1 = rows;
  for (std::size_t i = 0; i < std::size_t{rows} * columns; ++i) {
    for (unsigned s = 0; s < samples; ++s) {
      const std::size_t at = (i * samples + s) * bytes_each;
      int value = static_cast<unsigned char>(pixels[at]);
      if (bytes_each == 2) value |= static_cast<unsigned char>(pixels[at + 1]) << 8;
      image->comps[s].data[i] = value;
    }
  }
  opj_cparameters_t how;
  opj_set_default_encoder_parameters(&how);
  how.numresolution = 3;
  how.tcp_numlayers = 1;
  how.cp_disto_alloc = 1;
  how.tcp_mct = samples == 3 ? 1 : 0;
  opj_codec_t* codec = opj_create_compress(OPJ_CODEC_J2K);
  std::string out;
  opj_stream_t* stream = opj_stream_create(1 << 16, OPJ_FALSE);
  opj_stream_set_user_data(stream, &out, nullptr);
  opj_stream_set_write_function(stream, Append);
  const bool good = opj_setup_encoder(codec, &how, image) &&
                    opj_start_compress(codec, image, stream) && opj_encode(codec, stream) &&
                    opj_end_compress(codec, stream);
  opj_stream_destroy(stream);
  opj_destroy_codec(codec);
  opj_image_destroy(image);
  return good ? out : "";
}

std::string Represent(DcmDataset& dataset, E_TransferSyntax syntax) {
  const DJ_RPLossy lossy(90);
  const DJLSRepresentationParameter lossless_ls(0, OFTrue);
  const DcmRepresentationParameter* how = nullptr;
  if (syntax == EXS_JPEGProcess1) how = &lossy;
  if (syntax == EXS_JPEGLSLossless) how = &lossless_ls;
  const OFCondition chosen = dataset.chooseRepresentation(syntax, how);
  return chosen.good() ? "" : std::string("encode: ") + chosen.text();
}

std::string UseJpeg2000(DcmDataset& dataset) {
  Uint16 rows = 0, columns = 0, samples = 1, bits = 0;
  dataset.findAndGetUint16(DCM_Rows, rows);
  dataset.findAndGetUint16(DCM_Columns, columns);
  dataset.findAndGetUint16(DCM_SamplesPerPixel, samples);
  dataset.findAndGetUint16(DCM_BitsAllocated, bits);
  DcmElement* native = nullptr;
  dataset.findAndGetElement(DCM_PixelData, native);
  std::string pixels(native->getLength(), '\0');
  if (bits == 16) {
    Uint16* data = nullptr;
    native->getUint16Array(data);
    std::memcpy(pixels.data(), data, pixels.size());
  } else {
    Uint8* data = nullptr;
    native->getUint8Array(data);
    std::memcpy(pixels.data(), data, pixels.size());
  }
  std::string stream = Jpeg2000Of(pixels, rows, columns, samples, bits / 8U);
  if (stream.empty()) return "OpenJPEG did not encode";
  auto* sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
  sequence->insert(new DcmPixelItem(DCM_PixelItemTag));
  DcmOffsetList offsets;
  auto* data = reinterpret_cast<Uint8*>(stream.data());
  if (sequence->storeCompressedFrame(offsets, data, static_cast<Uint32>(stream.size()), 0).bad())
    return "no fragment";
  auto* pixel_data = new DcmPixelData(DCM_PixelData);
  pixel_data->putOriginalRepresentation(EXS_JPEG2000LosslessOnly, nullptr, sequence);
  dataset.insert(pixel_data, OFTrue);
  return "";
}

}  // namespace

std::string PixelsOf(const TestImage& image) {
  std::string pixels;
  std::uint32_t noise = 1;
  for (int f = 0; f < image.frames; ++f) {
    for (int r = 0; r < image.rows; ++r) {
      for (int c = 0; c < image.columns * image.samples; ++c) {
        noise = noise * 1664525 + 1013904223;
        const std::uint32_t value =
            static_cast<std::uint32_t>(r * 37 + c * 11 + f * 5) + (noise >> 28);
        pixels.push_back(static_cast<char>(value & 0xFF));
        if (image.samples == 1) pixels.push_back(static_cast<char>(value >> 8 & 0x0F));
      }
    }
  }
  return pixels;
}

std::unique_ptr<DcmFileFormat> MakeImage(const TestImage& image) {
  auto file = std::make_unique<DcmFileFormat>();
  DcmDataset& d = *file->getDataset();
  const auto put = [&](const DcmTagKey& tag, const std::string& text) {
    if (!text.empty()) d.putAndInsertString(tag, text.c_str());
  };
  put(DCM_SOPClassUID, image.sop_class);
  put(DCM_SOPInstanceUID, image.instance);
  put(DCM_StudyInstanceUID, image.study);
  put(DCM_SeriesInstanceUID, image.series);
  put(DCM_PatientID, image.patient_id);
  put(DCM_IssuerOfPatientID, image.issuer);
  put(DCM_PatientName, image.name);
  put(DCM_PatientBirthDate, image.birth_date);
  put(DCM_PatientSex, image.sex);
  put(DCM_StudyDate, image.study_date);
  put(DCM_Modality, image.modality);
  put(DCM_BodyPartExamined, image.body_part);
  put(DCM_Manufacturer, "ACME");
  put(DCM_ManufacturerModelName, "Scanner 5");
  put(DCM_StudyTime, "101500");
  put(DCM_StudyID, "S-1");
  put(DCM_SeriesNumber, "2");
  put(DCM_InstanceNumber, "7");
  put(DCM_PhotometricInterpretation, image.samples == 3 ? "RGB" : "MONOCHROME2");
  if (image.frames > 1) put(DCM_NumberOfFrames, std::to_string(image.frames));
  const auto number = [&](const DcmTagKey& tag, Uint16 value) { d.putAndInsertUint16(tag, value); };
  const bool grey = image.samples == 1;
  number(DCM_SamplesPerPixel, static_cast<Uint16>(image.samples));
  if (!grey) number(DCM_PlanarConfiguration, 0);
  number(DCM_Rows, image.rows);
  number(DCM_Columns, image.columns);
  number(DCM_BitsAllocated, grey ? 16 : 8);
  number(DCM_BitsStored, grey ? 12 : 8);
  number(DCM_HighBit, grey ? 11 : 7);
  number(DCM_PixelRepresentation, 0);
  const std::string pixels = PixelsOf(image);
  std::vector<Uint16> words(pixels.size() / 2);  // OW; little endian here as in the file
  std::memcpy(words.data(), pixels.data(), pixels.size());
  d.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size());
  return file;
}

std::string Save(DcmFileFormat& file, const std::string& path, E_TransferSyntax syntax) {
  RegisterEncoders();
  DcmDataset& dataset = *file.getDataset();
  if (syntax == EXS_JPEG2000LosslessOnly) {
    if (std::string wrong = UseJpeg2000(dataset); !wrong.empty()) return wrong;
  } else if (std::string wrong = Represent(dataset, syntax); !wrong.empty()) {
    return wrong;
  }
  const OFCondition saved = file.saveFile(OFFilename(path.c_str()), syntax);
  return saved.good() ? "" : saved.text();
}

std::string BytesOf(DcmFileFormat& file) {
  std::string bytes;
  file.getDataset()->chooseRepresentation(EXS_LittleEndianExplicit, nullptr);
  file.validateMetaInfo(EXS_LittleEndianExplicit);
  const absl::Status written = WriteDcm(file, [&](std::string_view part) {
    bytes.append(part);
    return absl::OkStatus();
  });
  return written.ok() ? bytes : std::string(written.message());
}

}  // namespace essaim::dicom
