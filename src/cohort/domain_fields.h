// What may be asked of each domain: its fields, as SQL over an event C and its person P. Internal
// to cohort; domains.cc alone includes it.
#pragma once

#include "cohort/domains.h"

namespace essaim::cohort {

using K = FieldKind;
using J = FieldJoin;
using Fields = std::vector<DomainField>;

constexpr std::string_view kAge = "(EXTRACT(YEAR FROM C.start_date) - P.year_of_birth)";
constexpr std::string_view kAgeAtEnd = "(EXTRACT(YEAR FROM C.end_date) - P.year_of_birth)";

Fields Join(std::initializer_list<Fields> parts) {
  Fields all;
  for (const Fields& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A concept column asked for as a list (KEY) or as a set (KEYCS).
Fields Concept(std::string_view key, std::string_view set_key, std::string_view expression,
               J join = J::kNone, std::string_view exclude = {}) {
  return {{key, K::kConcepts, expression, join, exclude},
          {set_key, K::kConceptSet, expression, join}};
}

Fields Gender() { return Concept("Gender", "GenderCS", "P.gender_concept_id", J::kPerson); }

Fields Person() { return Join({{{"Age", K::kInteger, kAge, J::kPerson}}, Gender()}); }

Fields PersonOfEra() {
  return Join({{{"AgeAtStart", K::kInteger, kAge, J::kPerson},
                {"AgeAtEnd", K::kInteger, kAgeAtEnd, J::kPerson}},
               Gender()});
}

Fields Provider() {
  return Concept("ProviderSpecialty", "ProviderSpecialtyCS", "PR.specialty_concept_id",
                 J::kProvider);
}

Fields Visit() { return Concept("VisitType", "VisitTypeCS", "V.visit_concept_id", J::kVisit); }

Fields Start() { return {{"OccurrenceStartDate", K::kDate, "C.start_date"}}; }

Fields StartEnd() {
  return {{"OccurrenceStartDate", K::kDate, "C.start_date"},
          {"OccurrenceEndDate", K::kDate, "C.end_date"}};
}

Fields Era() {
  return {{"EraStartDate", K::kDate, "C.start_date"},
          {"EraEndDate", K::kDate, "C.end_date"},
          {"EraLength", K::kInteger, "@duration"}};
}

Fields Period() {
  return {{"PeriodStartDate", K::kDate, "C.start_date"},
          {"PeriodEndDate", K::kDate, "C.end_date"},
          {"PeriodLength", K::kInteger, "@duration"}};
}

Fields Unit() { return Concept("Unit", "UnitCS", "C.unit_concept_id"); }

constexpr CountColumn kDuration = {"DURATION", "@duration"};
constexpr CountColumn kOneDay = {"DURATION", "CAST(1 AS INTEGER)"};

DomainInfo ConditionEra() {
  return {Domain::kConditionEra,
          "ConditionEra",
          "condition_era",
          "condition_era",
          "condition_era_id",
          "condition_concept_id",
          "",
          "",
          "condition_era_start_date",
          "condition_era_end_date",
          "",
          true,
          false,
          true,
          true,
          Join({Era(),
                {{"OccurrenceCount", K::kInteger, "C.condition_occurrence_count"}},
                PersonOfEra()}),
          {{"ERA_OCCURRENCES", "C.condition_occurrence_count"}, kDuration}};
}

DomainInfo ConditionOccurrence() {
  return {Domain::kConditionOccurrence,
          "ConditionOccurrence",
          "condition",
          "condition_occurrence",
          "condition_occurrence_id",
          "condition_concept_id",
          "ConditionSourceConcept",
          "condition_source_concept_id",
          "condition_start_date",
          "condition_end_date",
          "",
          false,
          true,
          true,
          true,
          Join({StartEnd(),
                Concept("ConditionType", "ConditionTypeCS", "C.condition_type_concept_id", J::kNone,
                        "ConditionTypeExclude"),
                {{"StopReason", K::kText, "C.stop_reason"}},
                Person(),
                Provider(),
                Visit(),
                Concept("ConditionStatus", "ConditionStatusCS", "C.condition_status_concept_id")}),
          {kDuration}};
}

DomainInfo Death() {
  return {Domain::kDeath,
          "Death",
          "death",
          "death",
          "person_id",
          "cause_concept_id",
          "DeathSourceConcept",
          "cause_source_concept_id",
          "death_date",
          "",
          "",
          false,
          false,
          false,
          true,
          Join({Start(),
                Concept("DeathType", "DeathTypeCS", "C.death_type_concept_id", J::kNone,
                        "DeathTypeExclude"),
                Person()}),
          {kOneDay}};
}

DomainInfo DeviceExposure() {
  return {Domain::kDeviceExposure,
          "DeviceExposure",
          "device",
          "device_exposure",
          "device_exposure_id",
          "device_concept_id",
          "DeviceSourceConcept",
          "device_source_concept_id",
          "device_exposure_start_date",
          "device_exposure_end_date",
          "",
          false,
          true,
          true,
          true,
          Join({StartEnd(),
                Concept("DeviceType", "DeviceTypeCS", "C.device_type_concept_id", J::kNone,
                        "DeviceTypeExclude"),
                {{"UniqueDeviceId", K::kText, "C.unique_device_id"},
                 {"Quantity", K::kInteger, "C.quantity"}},
                Person(),
                Provider(),
                Visit()}),
          {{"QUANTITY", "C.quantity"}, kDuration}};
}

DomainInfo DoseEra() {
  return {Domain::kDoseEra,
          "DoseEra",
          "dose_era",
          "dose_era",
          "dose_era_id",
          "drug_concept_id",
          "",
          "",
          "dose_era_start_date",
          "dose_era_end_date",
          "",
          true,
          false,
          true,
          true,
          Join({Era(), Unit(), {{"DoseValue", K::kDecimal, "C.dose_value"}}, PersonOfEra()}),
          {kDuration, {"UNIT", "C.unit_concept_id"}, {"VALUE_AS_NUMBER", "C.dose_value"}}};
}

DomainInfo DrugEra() {
  return {Domain::kDrugEra,
          "DrugEra",
          "drug_era",
          "drug_era",
          "drug_era_id",
          "drug_concept_id",
          "",
          "",
          "drug_era_start_date",
          "drug_era_end_date",
          "",
          true,
          false,
          true,
          true,
          Join({Era(),
                {{"OccurrenceCount", K::kInteger, "C.drug_exposure_count"},
                 {"GapDays", K::kInteger, "C.gap_days"}},
                PersonOfEra()}),
          {{"ERA_OCCURRENCES", "C.drug_exposure_count"}, {"GAP_DAYS", "C.gap_days"}, kDuration}};
}

DomainInfo DrugExposure() {
  return {Domain::kDrugExposure,
          "DrugExposure",
          "drug",
          "drug_exposure",
          "drug_exposure_id",
          "drug_concept_id",
          "DrugSourceConcept",
          "drug_source_concept_id",
          "drug_exposure_start_date",
          "drug_exposure_end_date",
          "days_supply",
          false,
          true,
          true,
          true,
          Join({{{"OccurrenceStartDate", K::kDate, "C.start_date"},
                 // Circe asks the start here too.
                 {"OccurrenceEndDate", K::kDate, "C.start_date"}},
                Concept("DrugType", "DrugTypeCS", "C.drug_type_concept_id", J::kNone,
                        "DrugTypeExclude"),
                {{"StopReason", K::kText, "C.stop_reason"},
                 {"Refills", K::kInteger, "C.refills"},
                 {"Quantity", K::kDecimal, "C.quantity"},
                 {"DaysSupply", K::kInteger, "C.days_supply"},
                 {"LotNumber", K::kText, "C.lot_number"}},
                Concept("RouteConcept", "RouteConceptCS", "C.route_concept_id"),
                Person(),
                Provider(),
                Visit()}),
          {{"DAYS_SUPPLY", "C.days_supply"},
           {"QUANTITY", "C.quantity"},
           {"REFILLS", "C.refills"},
           kDuration}};
}

DomainInfo Episode() {
  return {Domain::kEpisode,
          "Episode",
          "episode",
          "episode",
          "episode_id",
          "episode_concept_id",
          "",
          "",
          "episode_start_date",
          "episode_end_date",
          "",
          true,
          false,
          true,
          true,
          {{"EpisodeStartDate", K::kDate, "C.start_date"},
           {"EpisodeEndDate", K::kDate, "C.end_date"},
           {"EpisodeNumber", K::kInteger, "C.episode_number"},
           {"Age", K::kInteger, kAge, J::kPerson},
           {"GenderCS", K::kConceptSet, "P.gender_concept_id", J::kPerson},
           {"EpisodeObjectConceptCS", K::kConceptSet, "C.episode_object_concept_id"},
           {"EpisodeTypeCS", K::kConceptSet, "C.episode_type_concept_id"}},
          {kDuration}};
}

DomainInfo Measurement() {
  return {Domain::kMeasurement,
          "Measurement",
          "measurement",
          "measurement",
          "measurement_id",
          "measurement_concept_id",
          "MeasurementSourceConcept",
          "measurement_source_concept_id",
          "measurement_date",
          "",
          "",
          false,
          true,
          true,
          true,
          Join({Start(),
                Concept("MeasurementType", "MeasurementTypeCS", "C.measurement_type_concept_id",
                        J::kNone, "MeasurementTypeExclude"),
                Concept("Operator", "OperatorCS", "C.operator_concept_id"),
                {{"ValueAsNumber", K::kDecimal, "C.value_as_number"}},
                Concept("ValueAsConcept", "ValueAsConceptCS", "C.value_as_concept_id"),
                Unit(),
                {{"RangeLow", K::kDecimal, "C.range_low"},
                 {"RangeHigh", K::kDecimal, "C.range_high"},
                 {"RangeLowRatio", K::kDecimal, "(C.value_as_number / NULLIF(C.range_low, 0))"},
                 {"RangeHighRatio", K::kDecimal, "(C.value_as_number / NULLIF(C.range_high, 0))"},
                 {"Abnormal", K::kFlag,
                  "(C.value_as_number < C.range_low OR C.value_as_number > C.range_high OR "
                  "C.value_as_concept_id IN (4155142, 4155143))"}},
                Person(),
                Provider(),
                Visit()}),
          {{"VALUE_AS_NUMBER", "C.value_as_number"},
           {"RANGE_HIGH", "C.range_high"},
           {"RANGE_LOW", "C.range_low"},
           kOneDay}};
}

DomainInfo Observation() {
  return {Domain::kObservation,
          "Observation",
          "observation",
          "observation",
          "observation_id",
          "observation_concept_id",
          "ObservationSourceConcept",
          "observation_source_concept_id",
          "observation_date",
          "",
          "",
          false,
          true,
          true,
          true,
          Join({Start(),
                Concept("ObservationType", "ObservationTypeCS", "C.observation_type_concept_id",
                        J::kNone, "ObservationTypeExclude"),
                {{"ValueAsNumber", K::kDecimal, "C.value_as_number"},
                 {"ValueAsString", K::kText, "C.value_as_string"}},
                Concept("ValueAsConcept", "ValueAsConceptCS", "C.value_as_concept_id"),
                Concept("Qualifier", "QualifierCS", "C.qualifier_concept_id"),
                Unit(),
                Person(),
                Provider(),
                Visit()}),
          {{"VALUE_AS_NUMBER", "C.value_as_number"}, kOneDay}};
}

DomainInfo ObservationPeriod() {
  return {Domain::kObservationPeriod,
          "ObservationPeriod",
          "observation_period",
          "observation_period",
          "observation_period_id",
          "period_type_concept_id",
          "",
          "",
          "observation_period_start_date",
          "observation_period_end_date",
          "",
          true,
          false,
          true,
          true,
          Join({Period(),
                Concept("PeriodType", "PeriodTypeCS", "C.period_type_concept_id"),
                {{"AgeAtStart", K::kInteger, kAge, J::kPerson},
                 {"AgeAtEnd", K::kInteger, kAgeAtEnd, J::kPerson}}}),
          {kDuration}};
}

DomainInfo PayerPlanPeriod() {
  return {Domain::kPayerPlanPeriod,
          "PayerPlanPeriod",
          "payer_plan_period",
          "payer_plan_period",
          "payer_plan_period_id",
          "payer_concept_id",
          "",
          "",
          "payer_plan_period_start_date",
          "payer_plan_period_end_date",
          "",
          true,
          false,
          true,
          true,
          Join({Period(),
                PersonOfEra(),
                {{"PayerConcept", K::kCodeset, "C.payer_concept_id"},
                 {"PlanConcept", K::kCodeset, "C.plan_concept_id"},
                 {"SponsorConcept", K::kCodeset, "C.sponsor_concept_id"},
                 {"StopReasonConcept", K::kCodeset, "C.stop_reason_concept_id"},
                 {"PayerSourceConcept", K::kCodeset, "C.payer_source_concept_id"},
                 {"PlanSourceConcept", K::kCodeset, "C.plan_source_concept_id"},
                 {"SponsorSourceConcept", K::kCodeset, "C.sponsor_source_concept_id"},
                 {"StopReasonSourceConcept", K::kCodeset, "C.stop_reason_source_concept_id"}}}),
          {}};
}

DomainInfo ProcedureOccurrence() {
  return {Domain::kProcedureOccurrence,
          "ProcedureOccurrence",
          "procedure",
          "procedure_occurrence",
          "procedure_occurrence_id",
          "procedure_concept_id",
          "ProcedureSourceConcept",
          "procedure_source_concept_id",
          "procedure_date",
          "",
          "",
          false,
          true,
          true,
          true,
          Join({Start(),
                Concept("ProcedureType", "ProcedureTypeCS", "C.procedure_type_concept_id", J::kNone,
                        "ProcedureTypeExclude"),
                Concept("Modifier", "ModifierCS", "C.modifier_concept_id"),
                {{"Quantity", K::kInteger, "C.quantity"}},
                Person(),
                Provider(),
                Visit()}),
          {{"QUANTITY", "C.quantity"}, kOneDay}};
}

DomainInfo Specimen() {
  return {Domain::kSpecimen,
          "Specimen",
          "specimen",
          "specimen",
          "specimen_id",
          "specimen_concept_id",
          "",
          "",
          "specimen_date",
          "",
          "",
          false,
          false,
          true,
          false,
          Join({Start(),
                Concept("SpecimenType", "SpecimenTypeCS", "C.specimen_type_concept_id", J::kNone,
                        "SpecimenTypeExclude"),
                {{"Quantity", K::kDecimal, "C.quantity"}},
                Unit(),
                Concept("AnatomicSite", "AnatomicSiteCS", "C.anatomic_site_concept_id"),
                Concept("DiseaseStatus", "DiseaseStatusCS", "C.disease_status_concept_id"),
                {{"SourceId", K::kText, "C.specimen_source_id"}},
                Person()}),
          {kOneDay}};
}

DomainInfo VisitDetail() {
  return {Domain::kVisitDetail,
          "VisitDetail",
          "visit_detail",
          "visit_detail",
          "visit_detail_id",
          "visit_detail_concept_id",
          "VisitDetailSourceConcept",
          "visit_detail_source_concept_id",
          "visit_detail_start_date",
          "visit_detail_end_date",
          "",
          true,
          true,
          true,
          true,
          {{"VisitDetailStartDate", K::kDate, "C.start_date"},
           {"VisitDetailEndDate", K::kDate, "C.end_date"},
           {"VisitDetailTypeCS", K::kConceptSet, "C.visit_detail_type_concept_id"},
           {"VisitDetailLength", K::kInteger, "@duration"},
           {"Age", K::kInteger, kAgeAtEnd, J::kPerson},  // Circe: at the end, here alone
           {"GenderCS", K::kConceptSet, "P.gender_concept_id", J::kPerson},
           {"ProviderSpecialtyCS", K::kConceptSet, "PR.specialty_concept_id", J::kProvider},
           {"PlaceOfServiceCS", K::kConceptSet, "CS.place_of_service_concept_id", J::kCareSite}},
          {kDuration, {"VISIT_DETAIL_ID", "C.visit_detail_id"}}};
}

}  // namespace essaim::cohort
