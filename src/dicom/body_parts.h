// From DICOM's words for parts of the body to SNOMED CT (PS3.16 annex L and CID 4031, edition of
// DCMTK 3.6.7): data/dicom/body_parts.csv.
#pragma once

#include <string_view>

namespace essaim::dicom {

// BodyPartExamined's defined term to a code; empty if it is none.
std::string_view SnomedOfBodyPart(std::string_view body_part);
// A coding scheme designator (PS3.16 section 8) to OMOP's vocabulary_id; empty if there is none.
std::string_view VocabularyOf(std::string_view scheme);

}  // namespace essaim::dicom
