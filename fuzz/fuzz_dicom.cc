// DICOM files: whatever they hold, they are refused, or described, de-identified and written again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "dicom/dcm_file.h"
#include "dicom/deidentify.h"
#include "dicom/description.h"
#include "dicom/file_scan.h"
#include "source/id_maker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace dicom = essaim::dicom;
  static const essaim::IdMaker ids(essaim::SecretBytes::CopyOf(std::string(32, 'k')), "p", "s");
  ESSAIM_CHECK(dicom::PrepareDcmtk().ok());
  const auto file =
      dicom::ReadDcmBytes(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!file.ok()) return 0;
  DcmDataset& dataset = *file->content->getDataset();
  const dicom::Description description = dicom::Describe(dataset);
  ESSAIM_CHECK(description.study_date.empty() || description.study_date.size() == 10);
  static_cast<void>(dicom::BurnedInRisk(dataset));
  if (!dicom::Deidentify(dataset, {.ids = &ids, .patient_id = "p"}).ok()) return 0;
  std::string bytes;
  const absl::Status written = dicom::WriteDcm(*file->content, [&](std::string_view part) {
    bytes.append(part);
    return absl::OkStatus();
  });
  // What is written can be read, and has nothing more to lose.
  if (written.ok()) ESSAIM_CHECK(dicom::ReadDcmBytes(bytes).ok());
  return 0;
}
