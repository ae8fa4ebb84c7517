// Codes of sex, race and ethnicity to OMOP's concepts; each gives 0 for a code that is not listed.
//
// Source: fhir2omop's concept maps (HealthSamurai/fhir2omop, Apache-2.0).
#pragma once

#include <cstdint>
#include <string_view>

namespace essaim {

// FHIR's administrative gender, or a code of HL7 v3 (M, F, OTH, UNK).
std::int64_t GenderConcept(std::string_view code);
// The code's own concept in OMOP's vocabulary Gender: of HL7 v3 codes alone.
std::int64_t GenderSourceConcept(std::string_view code);
std::int64_t RaceConcept(std::string_view omb_code);
std::int64_t EthnicityConcept(std::string_view omb_code);

}  // namespace essaim
