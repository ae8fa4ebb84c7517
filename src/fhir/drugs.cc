// MedicationRequest, -Administration, -Statement, -Dispense and Immunization: all are exposures.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
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

// FHIR's Duration in whole days; 0 if it is in another unit or none.
std::int64_t DaysOf(Node duration) {
  const std::string_view unit =
      duration["code"] ? duration["code"].Text() : duration["unit"].Text();
  const double one = unit == "d" || unit == "day" || unit == "days" ? 1 : unit == "wk" ? 7 : 0;
  const double days = one * duration["value"].Number();
  return days > 0 && days < 1e6 ? static_cast<std::int64_t>(days) : 0;
}

void SetWhole(CdmRow& row, const FieldName& field, Node number) {
  const double n = number.Number();
  if (n >= 0 && n < 1e6) row.Set(field, static_cast<std::int64_t>(n));
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
  ESSAIM_RETURN_IF_ERROR(Dosage(r, type, row));
  return Write(row);
}

// How it is taken, and how much of it was prescribed, given out or given.
absl::Status Mapper::Dosage(Node r, std::string_view type, CdmRow& row) {
  const bool is_vaccine = type == "Immunization", is_given = type == "MedicationAdministration";
  const Node instructions = r["dosageInstruction"];
  const Node dosages = instructions ? instructions : r["dosage"];
  const Node first = is_vaccine ? r : dosages.First();
  const Node amount = is_vaccine ? r["doseQuantity"]
                      : is_given ? first["dose"]
                                 : first["doseAndRate"].First()["doseQuantity"];
  if (type == "MedicationDispense") {
    SetNumber(row, "quantity", r["quantity"]["value"]);
    SetWhole(row, "days_supply", r["daysSupply"]["value"]);
  } else if (const Node supply = r["dispenseRequest"]; supply) {
    SetNumber(row, "quantity", supply["quantity"]["value"]);
    row.SetUnlessZero("days_supply", DaysOf(supply["expectedSupplyDuration"]));
    SetWhole(row, "refills", supply["numberOfRepeatsAllowed"]);
  } else if (is_vaccine || is_given) {
    SetNumber(row, "quantity", amount["value"]);
  }
  if (is_vaccine) row.SetCutView("lot_number", r["lotNumber"].Text());
  const std::string_view unit = amount["unit"].Text();
  row.SetCutView("dose_unit_source_value", unit.empty() ? amount["code"].Text() : unit);
  if (const Node route = first["route"]; route) {
    ESSAIM_ASSIGN_OR_RETURN(const Resolved code, ResolveBest(route, {"SNOMED"}, "Route"));
    row.SetUnlessZero("route_concept_id", code.standard);
    const std::string_view text = route["text"].Text();
    row.SetCutView("route_source_value", code.code.empty() ? text : code.code);
  }
  if (is_vaccine) return absl::OkStatus();
  std::string sig;
  for (const Node dosage : dosages.Items()) {
    const std::string_view text = dosage["text"].Text();
    if (!text.empty()) absl::StrAppend(&sig, sig.empty() ? "" : "; ", Av(text));
  }
  row.SetCut("sig", sig);
  return absl::OkStatus();
}

}  // namespace essaim::fhir
