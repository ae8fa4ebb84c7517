// Pixels that may show a name: what a header can tell of them.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dicom/deidentify.h"

namespace essaim::dicom {
namespace {

std::string TextOf(DcmItem& item, const DcmTagKey& tag) {
  OFString text;
  return item.findAndGetOFStringArray(tag, text).good() ? std::string(text.data(), text.size())
                                                        : std::string();
}

// Objects made from a screen, a scanner, a camera or a document, and ultrasound, whose devices
// write name and date into the image. PS3.15 E.3.1 leaves the finding to whoever applies the
// profile.
bool IsOfAScreen(std::string_view sop_class) {
  static constexpr std::string_view kClasses[] = {
      "1.2.840.10008.5.1.4.1.1.7",     // Secondary Capture, and its multi-frame kin below it
      "1.2.840.10008.5.1.4.1.1.6",     // Ultrasound (retired)
      "1.2.840.10008.5.1.4.1.1.3",     // Ultrasound Multi-frame
      "1.2.840.10008.5.1.4.1.1.77.1",  // Visible Light
      "1.2.840.10008.5.1.4.1.1.104",   // Encapsulated documents
  };
  return std::ranges::any_of(kClasses, [&](std::string_view c) {
    return sop_class.starts_with(c) && (sop_class.size() == c.size() || sop_class[c.size()] == '.');
  });
}

bool IsOfAScreenByModality(std::string_view modality) {
  static constexpr std::string_view kModalities[] = {"US", "SC", "OT",  "XC",   "ES", "EC", "BDUS",
                                                     "GM", "SM", "DOC", "IVUS", "HC", "DG"};
  return std::ranges::find(kModalities, modality) != std::end(kModalities);
}

// PS3.5 2004: bits of the pixels that are no pixels (retired, and still met).
bool HasEmbeddedOverlay(DcmItem& item) {
  for (Uint16 group = 0x6000; group <= 0x601E; group += 2) {
    Uint16 position = 0, rows = 0;
    if (item.findAndGetUint16(DcmTagKey(group, 0x0102), position).good() && position != 0 &&
        item.findAndGetUint16(DcmTagKey(group, 0x0010), rows).good())
      return true;
  }
  return false;
}

}  // namespace

std::string BurnedInRisk(DcmDataset& dataset) {
  const std::string burned_in = TextOf(dataset, DCM_BurnedInAnnotation);
  if (burned_in == "YES") return "BurnedInAnnotation is YES";
  if (HasEmbeddedOverlay(dataset)) return "an overlay within the pixels";
  if (burned_in == "NO") return "";
  const std::string sop_class = TextOf(dataset, DCM_SOPClassUID);
  const std::string modality = TextOf(dataset, DCM_Modality);
  if (IsOfAScreen(sop_class) || IsOfAScreenByModality(modality))
    return "an object of a screen, a camera or an ultrasound device";
  if (!TextOf(dataset, DCM_ConversionType).empty()) return "a converted image";
  const std::string type = TextOf(dataset, DCM_ImageType);
  if (type.find("SCREEN") != std::string::npos) return "a picture of a screen";
  return "";
}

}  // namespace essaim::dicom
