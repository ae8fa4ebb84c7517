// The closed code lists of the mapping: FHIR's codes to OMOP's concepts.
//
// Source: fhir2omop's concept maps (HealthSamurai/fhir2omop, Apache-2.0).
#pragma once

#include <cstdint>
#include <string_view>

namespace essaim::fhir {

// A code system's address to OMOP's vocabulary_id; empty if it is not known.
std::string_view VocabularyOf(std::string_view system);
// Each gives 0 for a code that is not listed.
std::int64_t VisitConcept(std::string_view encounter_class);
std::int64_t CountryConcept(std::string_view iso_code);
std::int64_t ConditionTypeConcept(std::string_view category);
std::int64_t VerificationConcept(std::string_view status);
std::int64_t PlaceOfServiceConcept(std::string_view organization_type);
std::int64_t OperatorConcept(std::string_view comparator);

}  // namespace essaim::fhir
