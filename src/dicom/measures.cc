#include "dicom/measures.h"

#include <cmath>

#include "absl/strings/numbers.h"

namespace essaim::dicom {
namespace {

// Beyond it a value is no length, time or voltage of a scanner, and would not print as one.
constexpr double kValueMax = 1e9;

std::optional<double> NumberIn(DcmItem& item, const DcmTagKey& tag, unsigned long at) {
  Float64 number = 0;
  if (item.findAndGetFloat64(tag, number, at).bad()) {  // not of VR FD or DS, or not there
    OFString text;
    if (item.findAndGetOFString(tag, text, at).bad() || !absl::SimpleAtod(text.c_str(), &number))
      return std::nullopt;
  }
  if (!std::isfinite(number) || std::fabs(number) > kValueMax) return std::nullopt;
  return number;
}

DcmItem* FirstItem(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* first = nullptr;
  return item.findAndGetSequenceItem(sequence, first, 0).good() ? first : nullptr;
}

class Header {
 public:
  explicit Header(DcmDataset& dataset)
      : dataset_(dataset), shared_(FirstItem(dataset, DCM_SharedFunctionalGroupsSequence)) {}

  // In the dataset, else under `tag_shared` of the group that all frames share.
  std::optional<double> Of(const DcmTagKey& tag, const DcmTagKey& group,
                           const DcmTagKey& tag_shared, unsigned long at = 0) {
    if (auto number = NumberIn(dataset_, tag, at)) return number;
    if (shared_ == nullptr) return std::nullopt;
    DcmItem* item = FirstItem(*shared_, group);
    return item == nullptr ? std::nullopt : NumberIn(*item, tag_shared, at);
  }

  std::optional<double> Of(const DcmTagKey& tag, const DcmTagKey& group) {
    return Of(tag, group, tag);
  }

  std::optional<double> Of(const DcmTagKey& tag) { return NumberIn(dataset_, tag, 0); }

 private:
  DcmDataset& dataset_;
  DcmItem* shared_;
};

}  // namespace

Measured MeasuresOf(DcmDataset& dataset) {
  Header h(dataset);
  return {h.Of(DCM_PixelSpacing, DCM_PixelMeasuresSequence),
          h.Of(DCM_PixelSpacing, DCM_PixelMeasuresSequence, DCM_PixelSpacing, 1),
          NumberIn(dataset, DCM_ImagerPixelSpacing, 0),
          NumberIn(dataset, DCM_ImagerPixelSpacing, 1),
          h.Of(DCM_SliceThickness, DCM_PixelMeasuresSequence),
          h.Of(DCM_SpacingBetweenSlices, DCM_PixelMeasuresSequence),
          h.Of(DCM_KVP, DCM_CTXRayDetailsSequence),
          h.Of(DCM_XRayTubeCurrent, DCM_CTExposureSequence, DCM_XRayTubeCurrentInmA),
          h.Of(DCM_ExposureTime, DCM_CTExposureSequence, DCM_ExposureTimeInms),
          h.Of(DCM_Exposure, DCM_CTExposureSequence, DCM_ExposureInmAs),
          h.Of(DCM_CTDIvol, DCM_CTExposureSequence),
          h.Of(DCM_RepetitionTime, DCM_MRTimingAndRelatedParametersSequence),
          h.Of(DCM_EchoTime, DCM_MREchoSequence, DCM_EffectiveEchoTime),
          h.Of(DCM_InversionTime),
          h.Of(DCM_FlipAngle, DCM_MRTimingAndRelatedParametersSequence),
          h.Of(DCM_MagneticFieldStrength)};
}

}  // namespace essaim::dicom
