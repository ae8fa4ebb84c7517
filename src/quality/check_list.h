// The data quality checks of the OHDSI Data Quality Dashboard 2.8.4 for the CDM 5.4: 2,535, of
// which 2,374 run by default.
//
// Generated at build time from the Dashboard's own lists (data/ohdsi/dqd, Apache-2.0). The kinds
// and their categories are those of Kahn et al. 2016 (eGEMs 4(1):1244).
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace essaim {

enum class CheckKind {
  kCdmTable,
  kMeasurePersonCompleteness,
  kMeasureConditionEraCompleteness,
  kMeasureObservationPeriodOverlap,
  kCdmField,
  kIsRequired,
  kCdmDatatype,
  kIsPrimaryKey,
  kIsForeignKey,
  kFkDomain,
  kFkClass,
  kIsStandardValidConcept,
  kMeasureValueCompleteness,
  kStandardConceptRecordCompleteness,
  kSourceConceptRecordCompleteness,
  kSourceValueCompleteness,
  kPlausibleValueLow,
  kPlausibleValueHigh,
  kPlausibleTemporalAfter,
  kPlausibleDuringLife,
  kWithinVisitDates,
  kPlausibleAfterBirth,
  kPlausibleBeforeDeath,
  kPlausibleStartBeforeEnd,
  kPlausibleGender,
  kPlausibleGenderUseDescendants,
  kPlausibleUnitConceptIds,
};

// What all checks of one kind have in common.
struct KindInfo {
  std::string_view name;   // "isForeignKey"
  std::string_view level;  // "TABLE", "FIELD", "CONCEPT"
  std::string_view context, category, subcategory, severity;
};

const KindInfo& InfoOf(CheckKind kind);

inline constexpr double kNoThreshold = std::numeric_limits<double>::quiet_NaN();

struct Check {
  CheckKind kind;
  std::string_view table;        // lower case
  std::string_view field;        // lower case; empty for a table's check
  std::string_view concept_ids;  // for a concept's check: one, or several with commas
  std::string_view concept_names;
  // Of the kind: the other table and field, the domain, class, bound, sex or units; else empty.
  std::string_view argument, argument2;
  double threshold;  // per cent of violating rows that are allowed; kNoThreshold: none may be
};

std::span<const Check> AllChecks();
// Whether the Dashboard runs it unless told otherwise: not on eight tables of the vocabulary, and
// not on note_nlp.offset, which is a reserved word.
bool RunsByDefault(const Check& check);
// "field_isrequired_person_person_id": equal to the Dashboard's.
std::string CheckId(const Check& check);

}  // namespace essaim
