// What the warehouse needs of a DICOM instance, as it came: read before it is de-identified.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dicom/measures.h"

namespace essaim::dicom {

struct CodedValue {
  std::string scheme, value;  // SCT, 51185008
};

// Texts are UTF-8, trimmed, and empty where the file does not say; dates are YYYY-MM-DD.
struct Description {
  std::string patient_id, issuer, family_name, given_names, birth_date, sex;
  std::optional<int> age_years;
  std::string study_uid, series_uid, instance_uid, sop_class_uid;
  std::string study_date, series_date;  // of the study else another of its dates, and so on
  std::string modality, body_part, laterality, manufacturer, model_name, photometric;
  std::optional<CodedValue> body_site;
  std::vector<CodedValue> procedures;
  std::optional<std::int64_t> instance_number, rows, columns, frames, samples, bits_allocated,
      bits_stored, pixel_representation;
  bool has_pixels = false;
  Measured measured;
};

Description Describe(DcmDataset& dataset);
// YYYYMMDD, or the standard's former YYYY.MM.DD; empty if it is no date.
std::string IsoDate(std::string_view text);

}  // namespace essaim::dicom
