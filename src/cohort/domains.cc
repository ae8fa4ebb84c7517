#include "cohort/domains.h"

#include <algorithm>

#include "base/check.h"
#include "cohort/domain_fields.h"

namespace essaim::cohort {

using namespace domains;  // NOLINT(google-build-using-namespace): sixteen names, here alone

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
