#include "dicom/description.h"

#include <dcmtk/dcmdata/dcspchrs.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/utf8.h"

namespace essaim::dicom {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

// Text of the dataset's character set (PS3.3 C.12.1.1.2) as UTF-8; bytes that are of none of it are
// left out.
class Texts {
 public:
  explicit Texts(DcmItem& dataset) : dataset_(dataset) {
    converts_ = converter_.selectCharacterSet(dataset).good() == OFTrue;
  }

  std::string Of(DcmItem& item, const DcmTagKey& tag) {
    OFString raw;
    if (item.findAndGetOFString(tag, raw).bad()) return "";  // the first of several values
    OFString text;
    if (!converts_ || converter_.convertString(raw, text, "^=").bad()) text = raw;
    std::string kept;
    for (std::string_view rest(text.data(), text.size()); !rest.empty();) {
      const std::size_t good = Utf8Prefix(rest);
      kept.append(rest.substr(0, good));
      rest.remove_prefix(std::min(rest.size(), good + 1));
    }
    std::erase_if(kept, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    return std::string(Trimmed(kept));
  }

  std::string Of(const DcmTagKey& tag) { return Of(dataset_, tag); }

 private:
  DcmItem& dataset_;
  DcmSpecificCharacterSet converter_;
  bool converts_ = false;
};

std::string FirstDate(Texts& texts, std::initializer_list<DcmTagKey> tags) {
  for (const DcmTagKey& tag : tags) {
    // A date with a time begins with the date.
    std::string date = IsoDate(texts.Of(tag).substr(0, tag == DCM_AcquisitionDateTime ? 8 : 10));
    if (!date.empty()) return date;
  }
  return "";
}

// Coded strings are upper-case letters, digits, blank and underscore (PS3.5 table 6.2-1): what is
// none is somebody's free text, and stays out of the warehouse.
std::string CodeString(Texts& texts, const DcmTagKey& tag) {
  std::string text = texts.Of(tag);
  const bool good =
      text.size() <= 16 && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '_';
      });
  return good ? text : "";
}

std::optional<std::int64_t> Number(DcmItem& item, const DcmTagKey& tag) {
  Uint16 small = 0;
  if (item.findAndGetUint16(tag, small).good()) return small;
  Sint32 number = 0;
  if (item.findAndGetSint32(tag, number).good()) return number;
  return std::nullopt;
}

std::optional<CodedValue> CodeOf(Texts& texts, DcmItem& holder, const DcmTagKey& sequence) {
  DcmItem* item = nullptr;
  if (holder.findAndGetSequenceItem(sequence, item, 0).bad() || item == nullptr)
    return std::nullopt;
  CodedValue code{.scheme = texts.Of(*item, DCM_CodingSchemeDesignator),
                  .value = texts.Of(*item, DCM_CodeValue)};
  if (code.scheme.empty() || code.value.empty()) return std::nullopt;
  return code;
}

std::optional<int> AgeYears(std::string_view text) {  // nnnD, nnnW, nnnM, nnnY
  if (text.size() != 4) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, 3)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  switch (text[3]) {
    case 'Y':
      return number;
    case 'M':
      return number / 12;
    case 'W':
      return number / 52;
    case 'D':
      return number / 365;
    default:
      return std::nullopt;
  }
}

void DescribePatient(Texts& texts, Description& d) {
  d.patient_id = texts.Of(DCM_PatientID);
  d.issuer = texts.Of(DCM_IssuerOfPatientID);
  d.birth_date = IsoDate(texts.Of(DCM_PatientBirthDate));
  d.sex = texts.Of(DCM_PatientSex);
  d.age_years = AgeYears(texts.Of(DCM_PatientAge));
  // PN: family^given^middle^prefix^suffix, other scripts after '='.
  std::string name = texts.Of(DCM_PatientName);
  name.resize(std::min(name.size(), name.find('=')));
  const std::size_t caret = std::min(name.size(), name.find('^'));
  d.family_name = name.substr(0, caret);
  if (caret < name.size()) {
    d.given_names = name.substr(caret + 1);
    d.given_names.resize(std::min(d.given_names.size(), d.given_names.find("^^")));
    std::ranges::replace(d.given_names, '^', ' ');
    d.given_names = std::string(Trimmed(d.given_names));
  }
}

void DescribePixels(DcmDataset& dataset, Texts& texts, Description& d) {
  d.rows = Number(dataset, DCM_Rows);
  d.columns = Number(dataset, DCM_Columns);
  d.frames = Number(dataset, DCM_NumberOfFrames);
  d.samples = Number(dataset, DCM_SamplesPerPixel);
  d.bits_allocated = Number(dataset, DCM_BitsAllocated);
  d.bits_stored = Number(dataset, DCM_BitsStored);
  d.pixel_representation = Number(dataset, DCM_PixelRepresentation);
  d.photometric = CodeString(texts, DCM_PhotometricInterpretation);
  d.has_pixels = dataset.tagExists(DCM_PixelData) || dataset.tagExists(DCM_FloatPixelData) ||
                 dataset.tagExists(DCM_DoubleFloatPixelData);
  if (d.has_pixels && !d.frames) d.frames = 1;
}

}  // namespace

std::string IsoDate(std::string_view text) {
  std::string digits(text);
  if (text.size() == 10 && text[4] == '.' && text[7] == '.') std::erase(digits, '.');
  if (digits.size() != 8 || digits.find_first_not_of("0123456789") != std::string::npos) return "";
  const auto number = [&](std::size_t at, std::size_t n) {
    int value = 0;
    for (std::size_t i = at; i < at + n; ++i) value = 10 * value + (digits[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok() || number(0, 4) < 1) return "";
  return digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2);
}

Description Describe(DcmDataset& dataset) {
  Texts texts(dataset);
  Description d;
  DescribePatient(texts, d);
  d.study_uid = texts.Of(DCM_StudyInstanceUID);
  d.series_uid = texts.Of(DCM_SeriesInstanceUID);
  d.instance_uid = texts.Of(DCM_SOPInstanceUID);
  d.sop_class_uid = texts.Of(DCM_SOPClassUID);
  d.study_date = FirstDate(texts, {DCM_StudyDate, DCM_SeriesDate, DCM_AcquisitionDate,
                                   DCM_AcquisitionDateTime, DCM_ContentDate});
  d.series_date = FirstDate(texts, {DCM_SeriesDate, DCM_StudyDate, DCM_AcquisitionDate,
                                    DCM_AcquisitionDateTime, DCM_ContentDate});
  d.modality = CodeString(texts, DCM_Modality);
  d.body_part = CodeString(texts, DCM_BodyPartExamined);
  d.laterality = CodeString(texts, DCM_ImageLaterality);
  if (d.laterality.empty()) d.laterality = CodeString(texts, DCM_Laterality);
  d.manufacturer = texts.Of(DCM_Manufacturer);
  d.model_name = texts.Of(DCM_ManufacturerModelName);
  d.body_site = CodeOf(texts, dataset, DCM_AnatomicRegionSequence);
  DcmItem* request = nullptr;
  if (dataset.findAndGetSequenceItem(DCM_RequestAttributesSequence, request, 0).bad())
    request = nullptr;
  for (DcmItem* holder : {static_cast<DcmItem*>(&dataset), request}) {
    if (holder == nullptr) continue;
    for (const DcmTagKey& tag : {DCM_ProcedureCodeSequence, DCM_RequestedProcedureCodeSequence}) {
      if (auto code = CodeOf(texts, *holder, tag)) d.procedures.push_back(*code);
    }
  }
  d.instance_number = Number(dataset, DCM_InstanceNumber);
  DescribePixels(dataset, texts, d);
  d.measured = MeasuresOf(dataset);
  return d;
}

}  // namespace essaim::dicom
