// What the scanner measured or was set to, as a header says it in numbers.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace essaim::dicom {

struct Measure {
  std::string_view name;  // PS3.6's keyword, with Row or Column where a value is one of a pair
  std::string_view code;  // the tag's eight digits, by which vocabularies of DICOM know it
  std::string_view unit;  // UCUM
};

inline constexpr std::array<Measure, 16> kMeasures = {
    {{"PixelSpacingRow", "00280030", "mm"},
     {"PixelSpacingColumn", "00280030", "mm"},
     {"ImagerPixelSpacingRow", "00181164", "mm"},
     {"ImagerPixelSpacingColumn", "00181164", "mm"},
     {"SliceThickness", "00180050", "mm"},
     {"SpacingBetweenSlices", "00180088", "mm"},
     {"KVP", "00180060", "kV"},
     {"XRayTubeCurrent", "00181151", "mA"},
     {"ExposureTime", "00181150", "ms"},
     {"Exposure", "00181152", "mA.s"},
     {"CTDIvol", "00189345", "mGy"},
     {"RepetitionTime", "00180080", "ms"},
     {"EchoTime", "00180081", "ms"},
     {"InversionTime", "00180082", "ms"},
     {"FlipAngle", "00181314", "deg"},
     {"MagneticFieldStrength", "00180087", "T"}}};

// In the order of kMeasures; what the header does not say, or says as no number, is empty.
using Measured = std::array<std::optional<double>, kMeasures.size()>;

// From the dataset itself, else from the functional groups that its frames share (PS3.3 C.7.6.16).
Measured MeasuresOf(DcmDataset& dataset);

}  // namespace essaim::dicom
