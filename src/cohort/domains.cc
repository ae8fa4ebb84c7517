#include "cohort/domains.h"

#include <algorithm>

#include "base/check.h"
#include "cohort/domain_fields.h"

namespace essaim::cohort {
namespace {

DomainInfo VisitOccurrence() {
  return {Domain::kVisitOccurrence,
          "VisitOccurrence",
          "visit",
          "visit_occurrence",
          "visit_occurrence_id",
          "visit_concept_id",
          "VisitSourceConcept",
          "visit_source_concept_id",
          "visit_start_date",
          "visit_end_date",
          "",
          true,
          true,
          true,
          true,
          Join({StartEnd(),
                Concept("VisitType", "VisitTypeCS", "C.visit_type_concept_id", J::kNone,
                        "VisitTypeExclude"),
                {{"VisitLength", K::kInteger, "@duration"}},
                Person(),
                Provider(),
                Concept("PlaceOfService", "PlaceOfServiceCS", "CS.place_of_service_concept_id",
                        J::kCareSite)}),
          {kDuration}};
}

}  // namespace

const DomainField* DomainInfo::Field(std::string_view field_key) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const DomainField& f) { return f.key == field_key; });
  return at == fields.end() ? nullptr : &*at;
}

std::span<const DomainInfo> Domains() {
  static const std::vector<DomainInfo> kDomains = {ConditionEra(),
                                                   ConditionOccurrence(),
                                                   Death(),
                                                   DeviceExposure(),
                                                   DoseEra(),
                                                   DrugEra(),
                                                   DrugExposure(),
                                                   Episode(),
                                                   Measurement(),
                                                   Observation(),
                                                   ObservationPeriod(),
                                                   PayerPlanPeriod(),
                                                   ProcedureOccurrence(),
                                                   Specimen(),
                                                   VisitDetail(),
                                                   VisitOccurrence()};
  return kDomains;
}

const DomainInfo& InfoOf(Domain domain) {
  const DomainInfo& info = Domains()[static_cast<std::size_t>(domain)];
  ESSAIM_CHECK(info.domain == domain);
  return info;
}

const DomainInfo* FindDomain(std::string_view key) {
  for (const DomainInfo& info : Domains()) {
    if (info.key == key) return &info;
  }
  return nullptr;
}

const DomainInfo* FindYamlDomain(std::string_view key) {
  for (const DomainInfo& info : Domains()) {
    if (info.yaml_key == key) return &info;
  }
  return nullptr;
}

std::span<const DomainField> DemographicFields() {
  static const Fields kFields =
      Join({{{"Age", K::kInteger, "(EXTRACT(YEAR FROM E.start_date) - P.year_of_birth)"}},
            Concept("Gender", "GenderCS", "P.gender_concept_id"),
            Concept("Race", "RaceCS", "P.race_concept_id"),
            Concept("Ethnicity", "EthnicityCS", "P.ethnicity_concept_id"),
            {{"OccurrenceStartDate", K::kDate, "E.start_date"},
             {"OccurrenceEndDate", K::kDate, "E.end_date"}}});
  return kFields;
}

}  // namespace essaim::cohort
