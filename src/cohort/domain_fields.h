// What the descriptions of the domains share; domains.h has the rest.
#pragma once

#include <initializer_list>
#include <string_view>

#include "cohort/domains.h"

namespace essaim::cohort::domains {

using K = FieldKind;
using J = FieldJoin;
using Fields = std::vector<DomainField>;

inline constexpr std::string_view kAge = "(EXTRACT(YEAR FROM C.start_date) - P.year_of_birth)";
inline constexpr std::string_view kAgeAtEnd = "(EXTRACT(YEAR FROM C.end_date) - P.year_of_birth)";

inline Fields Join(std::initializer_list<Fields> parts) {
  Fields all;
  for (const Fields& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A concept column asked for as a list (KEY) or as a set (KEYCS).
inline Fields Concept(std::string_view key, std::string_view set_key, std::string_view expression,
                      J join = J::kNone, std::string_view exclude = {}) {
  return {{key, K::kConcepts, expression, join, exclude},
          {set_key, K::kConceptSet, expression, join}};
}

inline Fields Gender() { return Concept("Gender", "GenderCS", "P.gender_concept_id", J::kPerson); }

inline Fields Person() { return Join({{{"Age", K::kInteger, kAge, J::kPerson}}, Gender()}); }

inline Fields PersonOfEra() {
  return Join({{{"AgeAtStart", K::kInteger, kAge, J::kPerson},
                {"AgeAtEnd", K::kInteger, kAgeAtEnd, J::kPerson}},
               Gender()});
}

inline Fields Provider() {
  return Concept("ProviderSpecialty", "ProviderSpecialtyCS", "PR.specialty_concept_id",
                 J::kProvider);
}

inline Fields Visit() {
  return Concept("VisitType", "VisitTypeCS", "V.visit_concept_id", J::kVisit);
}

inline Fields Start() { return {{"OccurrenceStartDate", K::kDate, "C.start_date"}}; }

inline Fields StartEnd() {
  return {{"OccurrenceStartDate", K::kDate, "C.start_date"},
          {"OccurrenceEndDate", K::kDate, "C.end_date"}};
}

inline Fields Era() {
  return {{"EraStartDate", K::kDate, "C.start_date"},
          {"EraEndDate", K::kDate, "C.end_date"},
          {"EraLength", K::kInteger, "@duration"}};
}

inline Fields Period() {
  return {{"PeriodStartDate", K::kDate, "C.start_date"},
          {"PeriodEndDate", K::kDate, "C.end_date"},
          {"PeriodLength", K::kInteger, "@duration"}};
}

inline Fields Unit() { return Concept("Unit", "UnitCS", "C.unit_concept_id"); }

inline constexpr CountColumn kDuration = {"DURATION", "@duration"};
inline constexpr CountColumn kOneDay = {"DURATION", "CAST(1 AS INTEGER)"};

DomainInfo ConditionEra();
DomainInfo ConditionOccurrence();
DomainInfo Death();
DomainInfo DeviceExposure();
DomainInfo DoseEra();
DomainInfo DrugEra();
DomainInfo DrugExposure();
DomainInfo Episode();
DomainInfo Measurement();
DomainInfo Observation();
DomainInfo ObservationPeriod();
DomainInfo PayerPlanPeriod();
DomainInfo ProcedureOccurrence();
DomainInfo Specimen();
DomainInfo VisitDetail();
DomainInfo VisitOccurrence();

}  // namespace essaim::cohort::domains
