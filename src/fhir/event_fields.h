// What the tables of events call the same fields: a code decides the table of an event.
#pragma once

#include <string_view>

#include "source/field_places.h"

namespace essaim::fhir {

struct EventFields {
  std::string_view table;
  FieldName id, concept_id, date, time, type_concept_id, source_value, source_concept_id;
};

inline constexpr EventFields kConditionFields = {
    .table = "condition_occurrence",
    .id = "condition_occurrence_id",
    .concept_id = "condition_concept_id",
    .date = "condition_start_date",
    .time = "condition_start_datetime",
    .type_concept_id = "condition_type_concept_id",
    .source_value = "condition_source_value",
    .source_concept_id = "condition_source_concept_id"};
inline constexpr EventFields kProcedureFields = {
    .table = "procedure_occurrence",
    .id = "procedure_occurrence_id",
    .concept_id = "procedure_concept_id",
    .date = "procedure_date",
    .time = "procedure_datetime",
    .type_concept_id = "procedure_type_concept_id",
    .source_value = "procedure_source_value",
    .source_concept_id = "procedure_source_concept_id"};
inline constexpr EventFields kMeasurementFields = {
    .table = "measurement",
    .id = "measurement_id",
    .concept_id = "measurement_concept_id",
    .date = "measurement_date",
    .time = "measurement_datetime",
    .type_concept_id = "measurement_type_concept_id",
    .source_value = "measurement_source_value",
    .source_concept_id = "measurement_source_concept_id"};
inline constexpr EventFields kObservationFields = {
    .table = "observation",
    .id = "observation_id",
    .concept_id = "observation_concept_id",
    .date = "observation_date",
    .time = "observation_datetime",
    .type_concept_id = "observation_type_concept_id",
    .source_value = "observation_source_value",
    .source_concept_id = "observation_source_concept_id"};

}  // namespace essaim::fhir
