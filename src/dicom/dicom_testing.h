// DICOM files made on the spot, for tests.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <memory>
#include <string>

namespace essaim::dicom {

struct TestImage {
  std::string patient_id = "IPP-1", issuer = "HOPITAL", name = "DURAND^MARIE";
  std::string birth_date = "19600214", sex = "F";
  std::string study = "1.2.3.1", series = "1.2.3.1.1", instance = "1.2.3.1.1.1";
  std::string modality = "CT", body_part = "CHEST", study_date = "20200131";
  std::string sop_class = UID_CTImageStorage;
  Uint16 rows = 16, columns = 24;
  int frames = 1, samples = 1;
};

// A complete CT-like image of 16 bits, whose pixels are a ramp with noise; three samples are 8
// bits.
std::unique_ptr<DcmFileFormat> MakeImage(const TestImage& image);
// Its pixel values, native, little endian, frame by frame.
std::string PixelsOf(const TestImage& image);
// Encodes as `syntax` (native, RLE, JPEG, JPEG-LS through DCMTK; JPEG 2000 lossless through
// OpenJPEG) and writes the file. Empty if it worked, else the reason.
std::string Save(DcmFileFormat& file, const std::string& path, E_TransferSyntax syntax);
// The file as bytes, explicit little endian.
std::string BytesOf(DcmFileFormat& file);

}  // namespace essaim::dicom
