// The domains that a criterion can ask for, as data: tables, columns and the filters they know.
//
// Keys, expressions and their quirks are Circe's (OHDSI/circe-be, cohortdefinition/builders,
// Apache-2.0).
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace essaim::cohort {

enum class Domain {
  kConditionEra,
  kConditionOccurrence,
  kDeath,
  kDeviceExposure,
  kDoseEra,
  kDrugEra,
  kDrugExposure,
  kEpisode,
  kMeasurement,
  kObservation,
  kObservationPeriod,
  kPayerPlanPeriod,
  kProcedureOccurrence,
  kSpecimen,
  kVisitDetail,
  kVisitOccurrence,
};

enum class FieldKind {
  kInteger,     // NumberRange; the fraction is cut off
  kDecimal,     // NumberRange; four decimals
  kDate,        // DateRange
  kText,        // TextFilter
  kConcepts,    // ConceptList
  kConceptSet,  // ConceptSetChoice
  kCodeset,     // ConceptSetChoice written as the set's number alone
  kFlag,        // bool: the expression itself is the condition
};

// What the expression needs beside the domain's row C.
enum class FieldJoin { kNone, kPerson, kVisit, kProvider, kCareSite };

struct DomainField {
  std::string_view key;  // Circe's
  FieldKind kind;
  std::string_view expression;  // SQL; @duration is the event's length in days
  FieldJoin join = FieldJoin::kNone;
  std::string_view exclude_key = {};  // Circe's flag that turns a list around; empty where none
};

struct CountColumn {
  std::string_view key;  // Circe's
  std::string_view expression;
};

struct DomainInfo {
  Domain domain;
  std::string_view key;       // Circe's
  std::string_view yaml_key;  // of Essaim's own format
  std::string_view table, id, concept_column;
  std::string_view source_key, source_column;  // empty where none
  std::string_view start;                      // a column of the table
  std::string_view end;     // a column of the table that holds the last day; empty where none
  std::string_view supply;  // a column with the days after `start`, where the end is absent
  bool end_required;        // an absent end stays absent, not the day after the start
  bool has_visit, has_first, has_adjustment;
  std::vector<DomainField> fields;
  std::vector<CountColumn> count_columns;
  std::vector<std::string_view> unused_keys = {};  // that Circe reads and makes nothing of

  const DomainField* Field(std::string_view field_key) const;  // null if there is none of that key
};

std::span<const DomainInfo> Domains();
const DomainInfo& InfoOf(Domain domain);
const DomainInfo* FindDomain(std::string_view key);      // by Circe's key; null if there is none
const DomainInfo* FindYamlDomain(std::string_view key);  // by Essaim's; null if there is none

// Of a person at an event E.
std::span<const DomainField> DemographicFields();

}  // namespace essaim::cohort
