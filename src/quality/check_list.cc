#include "quality/check_list.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"

namespace essaim {
namespace {

constexpr std::array<std::string_view, 8> kVocabulary = {
    "concept",       "vocabulary",      "concept_ancestor", "concept_relationship",
    "concept_class", "concept_synonym", "relationship",     "domain"};

constexpr KindInfo kKinds[] = {
    {"cdmTable", "TABLE", "Verification", "Conformance", "Relational", "fatal"},
    {"measurePersonCompleteness", "TABLE", "Validation", "Completeness", "", "convention"},
    {"measureConditionEraCompleteness", "TABLE", "Validation", "Completeness", "", "convention"},
    {"measureObservationPeriodOverlap", "TABLE", "Verification", "Plausibility", "Temporal",
     "fatal"},
    {"cdmField", "FIELD", "Verification", "Conformance", "Relational", "fatal"},
    {"isRequired", "FIELD", "Validation", "Conformance", "Relational", "fatal"},
    {"cdmDatatype", "FIELD", "Verification", "Conformance", "Value", "fatal"},
    {"isPrimaryKey", "FIELD", "Verification", "Conformance", "Relational", "fatal"},
    {"isForeignKey", "FIELD", "Verification", "Conformance", "Relational", "fatal"},
    {"fkDomain", "FIELD", "Verification", "Conformance", "Value", "convention"},
    {"fkClass", "FIELD", "Verification", "Conformance", "Computational", "convention"},
    {"isStandardValidConcept", "FIELD", "Verification", "Conformance", "Value", "convention"},
    {"measureValueCompleteness", "FIELD", "Verification", "Completeness", "", "characterization"},
    {"standardConceptRecordCompleteness", "FIELD", "Verification", "Completeness", "",
     "convention"},
    {"sourceConceptRecordCompleteness", "FIELD", "Verification", "Completeness", "", "convention"},
    {"sourceValueCompleteness", "FIELD", "Verification", "Completeness", "", "convention"},
    {"plausibleValueLow", "FIELD", "Verification", "Plausibility", "Atemporal", "characterization"},
    {"plausibleValueHigh", "FIELD", "Verification", "Plausibility", "Atemporal",
     "characterization"},
    {"plausibleTemporalAfter", "FIELD", "Verification", "Plausibility", "Temporal",
     "characterization"},
    {"plausibleDuringLife", "FIELD", "Verification", "Plausibility", "Temporal",
     "characterization"},
    {"withinVisitDates", "FIELD", "Verification", "Plausibility", "", "characterization"},
    {"plausibleAfterBirth", "FIELD", "Verification", "Plausibility", "Temporal",
     "characterization"},
    {"plausibleBeforeDeath", "FIELD", "Verification", "Plausibility", "Temporal",
     "characterization"},
    {"plausibleStartBeforeEnd", "FIELD", "Verification", "Plausibility", "Temporal",
     "characterization"},
    {"plausibleGender", "CONCEPT", "Validation", "Plausibility", "Atemporal", "characterization"},
    {"plausibleGenderUseDescendants", "CONCEPT", "Validation", "Plausibility", "Atemporal",
     "characterization"},
    {"plausibleUnitConceptIds", "CONCEPT", "Verification", "Plausibility", "Atemporal",
     "characterization"}};

}  // namespace

const KindInfo& InfoOf(CheckKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::span<const Check> AllChecks() {
  static const std::vector<Check> kChecks = {
#include "quality/dqd_checks.inc"
  };
  return kChecks;
}

bool RunsByDefault(const Check& check) {
  return std::ranges::find(kVocabulary, check.table) == kVocabulary.end() &&
         check.field != "offset";
}

std::string CheckId(const Check& check) {
  const KindInfo& info = InfoOf(check.kind);
  std::string id = absl::StrCat(Av(info.level), "_", Av(info.name), "_", Av(check.table));
  if (!check.field.empty()) absl::StrAppend(&id, "_", Av(check.field));
  if (!check.concept_ids.empty()) {
    absl::StrAppend(&id, "_", absl::StrReplaceAll(Av(check.concept_ids), {{" ", ""}}));
  }
  return absl::AsciiStrToLower(id);
}

}  // namespace essaim
