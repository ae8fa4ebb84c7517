#include "fhir/code_maps.h"

#include <span>

namespace essaim::fhir {
namespace {

struct Pair {
  std::string_view code;
  std::int64_t concept_id;
};

std::int64_t Find(std::span<const Pair> pairs, std::string_view code) {
  for (const Pair& pair : pairs) {
    if (pair.code == code) return pair.concept_id;
  }
  return 0;
}

}  // namespace

std::string_view VocabularyOf(std::string_view system) {
  static constexpr struct {
    std::string_view system, vocabulary;
  } kSystems[] = {
      {"http://snomed.info/sct", "SNOMED"},
      {"http://loinc.org", "LOINC"},
      {"http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"},
      {"http://hl7.org/fhir/sid/icd-10-cm", "ICD10CM"},
      {"http://hl7.org/fhir/sid/icd-9-cm", "ICD9CM"},
      {"http://hl7.org/fhir/sid/icd-10", "ICD10"},
      {"http://hl7.org/fhir/sid/icd-10-pcs", "ICD10PCS"},
      {"http://www.cms.gov/Medicare/Coding/ICD10", "ICD10PCS"},
      {"http://fhir.de/CodeSystem/bfarm/icd-10-gm", "ICD10GM"},
      {"http://hl7.org/fhir/sid/ndc", "NDC"},
      {"http://hl7.org/fhir/sid/cvx", "CVX"},
      {"http://www.ama-assn.org/go/cpt", "CPT4"},
      {"https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "HCPCS"},
      {"https://www.cms.gov/Medicare/Coding/place-of-service-codes", "CMS Place of Service"},
      {"http://www.whocc.no/atc", "ATC"},
      {"http://unitsofmeasure.org", "UCUM"},
  };

  for (const auto& entry : kSystems) {
    if (entry.system == system) return entry.vocabulary;
  }
  return {};
}

std::int64_t VisitConcept(std::string_view encounter_class) {
  static constexpr Pair kClasses[] = {
      {"AMB", 9202},        {"IMP", 9201},      {"ACUTE", 9201},     {"NONAC", 42898160},
      {"EMER", 9203},       {"SS", 8870},       {"HH", 581476},      {"FLD", 581476},
      {"OBSENC", 9202},     {"VR", 722455},     {"PRENC", 9202},     {"ambulatory", 9202},
      {"outpatient", 9202}, {"wellness", 9202}, {"inpatient", 9201}, {"emergency", 9203},
      {"urgentcare", 8870}, {"hospice", 8546},  {"snf", 8676},       {"virtual", 722455}};
  return Find(kClasses, encounter_class);
}

std::int64_t CountryConcept(std::string_view iso_code) {
  static constexpr Pair kCountries[] = {
      {"US", 4330442}, {"CA", 4330427}, {"GB", 4330437}, {"DE", 4330439}, {"AU", 4330448}};
  return Find(kCountries, iso_code);
}

std::int64_t ConditionTypeConcept(std::string_view category) {
  static constexpr Pair kTypes[] = {{"encounter-diagnosis", 32827}, {"problem-list-item", 32840}};
  const std::int64_t found = Find(kTypes, category);
  return found == 0 ? 32817 : found;
}

std::int64_t VerificationConcept(std::string_view status) {
  static constexpr Pair kStatus[] = {{"provisional", 32899}, {"confirmed", 32893}};
  return Find(kStatus, status);
}

std::int64_t PlaceOfServiceConcept(std::string_view organization_type) {
  static constexpr Pair kTypes[] = {
      {"prov", 8940}, {"dept", 4318944}, {"edu", 4030303}, {"govt", 4195901}, {"team", 4217012}};
  return Find(kTypes, organization_type);
}

std::int64_t OperatorConcept(std::string_view comparator) {
  static constexpr Pair kOperators[] = {
      {"<", 4171756}, {"<=", 4171754}, {">=", 4171755}, {">", 4172704}};
  return Find(kOperators, comparator);
}

}  // namespace essaim::fhir
