// MedicationRequest, -Administration, -Statement, -Dispense and Immunization: all are exposures.
#include "base/status_macros.h"
#include "fhir/mapper.h"

namespace essaim::fhir {
namespace {

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

// It did not happen, or the record was a mistake.
bool IsVoid(std::string_view type, std::string_view status) {
  if (type == "MedicationRequest")
    return IsOneOf(status, {"entered-in-error", "cancelled", "draft", "unknown"});
  if (type == "MedicationAdministration")
    return IsOneOf(status, {"entered-in-error", "not-done", "unknown"});
  if (type == "Immunization") return IsOneOf(status, {"entered-in-error", "not-done"});
  if (type == "MedicationStatement")
    return IsOneOf(status, {"entered-in-error", "cancelled", "not-taken"});
  return IsOneOf(status, {"entered-in-error", "cancelled", "declined"});
}

std::int64_t TypeConcept(std::string_view type) {
  if (type == "MedicationRequest") return 38000177;
  if (type == "MedicationAdministration") return 38000179;
  if (type == "MedicationDispense") return 38000176;
  return type == "Immunization" ? 32827 : 38000178;
}

}  // namespace

absl::Status Mapper::Drug(Node r, std::string_view type) {
  if (IsVoid(type, r["status"].Text())) return absl::OkStatus();
  const bool is_vaccine = type == "Immunization";
  const Node code = is_vaccine ? r["vaccineCode"] : r["medicationCodeableConcept"];
  ESSAIM_ASSIGN_OR_RETURN(
      Resolved drug, is_vaccine ? ResolveBest(code, {"CVX"}, "")
                                : ResolveBest(code, {"RxNorm", "NDC", "SNOMED", "ATC"}, "Drug"));
  // A vaccine's own code wins though it has no standard concept: it says which vaccine it was.
  const bool of_vaccine = is_vaccine && drug.source != 0;
  if (is_vaccine && !of_vaccine) {
    ESSAIM_ASSIGN_OR_RETURN(drug, ResolveBest(code, {"RxNorm"}, "Drug"));
  }
  if (drug.standard == 0 && options_.drop_unmapped && !of_vaccine) return absl::OkStatus();
  if (drug.code.empty()) return Reject(is_vaccine ? "vaccineCode" : "medication[x]", "no code");
  CdmRow& row = Anew(drug_);
  row.Set("drug_exposure_id", IdOf("drug_exposure", id_));
  if (!SetPerson(row, is_vaccine ? r["patient"] : r["subject"]))
    return Reject(is_vaccine ? "patient" : "subject", "no patient");
  const Node period = r["effectivePeriod"];
  const Moment start = FirstDay({r["authoredOn"], r["whenHandedOver"], r["whenPrepared"],
                                 r["occurrenceDateTime"], r["effectiveDateTime"], period["start"]});
  Moment end = WallClock(period["end"].Text());
  if (!end) end = start;
  if (!start) return Reject("date", "no date of the exposure");
  row.Set("drug_concept_id", drug.standard);
  row.SetView("drug_exposure_start_date", start.date());
  row.SetView("drug_exposure_start_datetime", start.time());
  row.SetView("drug_exposure_end_date", end.date());
  row.SetView("drug_exposure_end_datetime", end.time());
  row.Set("drug_type_concept_id", TypeConcept(type));
  row.SetCutView("drug_source_value", drug.code);
  row.Set("drug_source_concept_id", drug.source);
  const Node encounter = r["encounter"];
  SetVisit(row, encounter ? encounter : r["context"]);
  SetProvider(row, r["requester"]);
  if (type == "MedicationDispense") {
    SetNumber(row, "quantity", r["quantity"]["value"]);
    const double days = r["daysSupply"]["value"].Number();
    if (days >= 0 && days < 1e6) row.Set("days_supply", static_cast<std::int64_t>(days));
  }
  return Write(row);
}

}  // namespace essaim::fhir
