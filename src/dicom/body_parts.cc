#include "dicom/body_parts.h"

#include <algorithm>
#include <iterator>

namespace essaim::dicom {
namespace {

struct BodyPart {
  std::string_view body_part, snomed_ct;
};

constexpr BodyPart kBodyParts[] = {
#include "dicom/body_parts.inc"
};

}  // namespace

std::string_view SnomedOfBodyPart(std::string_view body_part) {
  const auto* at = std::ranges::lower_bound(kBodyParts, body_part, {}, &BodyPart::body_part);
  if (at == std::end(kBodyParts) || at->body_part != body_part) return {};
  return at->snomed_ct;
}

std::string_view VocabularyOf(std::string_view scheme) {
  static constexpr struct {
    std::string_view scheme, vocabulary;
  } kSchemes[] = {{"SCT", "SNOMED"}, {"LN", "LOINC"},      {"C4", "CPT4"},
                  {"C5", "CPT4"},    {"I10P", "ICD10PCS"}, {"DCM", "DICOM"}};

  for (const auto& entry : kSchemes) {
    if (entry.scheme == scheme) return entry.vocabulary;
  }
  return {};
}

}  // namespace essaim::dicom
