// Encounter, Condition, Procedure, AllergyIntolerance, Device, Specimen.
#include "base/status_macros.h"
#include "fhir/code_maps.h"
#include "fhir/mapper.h"

namespace essaim::fhir {
namespace {

constexpr std::string_view kEhr = "32817", kEhrEncounter = "32827", kLab = "32856", kNone = "0";

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

std::string_view CodeOf(Node codeable) { return codeable["coding"].First()["code"].Text(); }

bool IsWrong(Node r) {
  return IsOneOf(CodeOf(r["verificationStatus"]), {"refuted", "entered-in-error"});
}

}  // namespace

absl::Status Mapper::Encounter(Node r) {
  if (IsOneOf(r["status"].Text(), {"entered-in-error", "cancelled", "planned", "unknown"}))
    return absl::OkStatus();
  CdmRow& row = Anew(visit_);
  row.Set("visit_occurrence_id", visits_.Of(id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  // Visits are in UTC, as the mapping's reference has them; other events keep the wall clock.
  const Moment start = Utc(r["period"]["start"].Text());
  Moment end = Utc(r["period"]["end"].Text());
  if (!start) return Reject("period.start", "no date");
  if (!end) end = start;
  row.Set("visit_concept_id", VisitConcept(r["class"]["code"].Text()));
  row.SetView("visit_start_date", start.date());
  row.SetView("visit_start_datetime", start.time());
  row.SetView("visit_end_date", end.date());
  row.SetView("visit_end_datetime", end.time());
  row.SetView("visit_type_concept_id", kEhrEncounter);
  row.SetView("visit_source_concept_id", kNone);
  const std::string trace = Trace(id_);
  row.SetCutView("visit_source_value", trace);
  SetProvider(row, r["participant"].First()["individual"]);
  SetCareSite(row, r["serviceProvider"]);
  row.Set("preceding_visit_occurrence_id", Referred(visits_, r["partOf"], "Encounter/"));
  row.SetView("admitted_from_concept_id", kNone);
  row.SetView("discharged_to_concept_id", kNone);
  const Node stay = r["hospitalization"];
  row.SetCutView("admitted_from_source_value", CodeOf(stay["admitSource"]));
  row.SetCutView("discharged_to_source_value", CodeOf(stay["dischargeDisposition"]));
  return Write(row);
}

// A code decides the table: what a hospital records as a condition may be an observation in OMOP.
absl::Status Mapper::Condition(Node r) {
  if (IsWrong(r)) return absl::OkStatus();
  const Moment start = FirstDay({r["onsetDateTime"], r["onsetPeriod"]["start"], r["recordedDate"]});
  if (!start) return Reject("onset[x]", "no date");
  AllResolved codes;
  ESSAIM_RETURN_IF_ERROR(Resolve(r["code"], {"SNOMED"}, codes));
  if (codes.empty() && !options_.drop_unmapped) return Reject("code", "no code");
  for (const Resolved& code : codes) ESSAIM_RETURN_IF_ERROR(ConditionRow(r, code, start));
  return absl::OkStatus();
}

absl::Status Mapper::ConditionRow(Node r, const Resolved& code, const Moment& start) {
  const EventFields& fields = code.domain == "Observation"   ? kObservationFields
                              : code.domain == "Procedure"   ? kProcedureFields
                              : code.domain == "Measurement" ? kMeasurementFields
                                                             : kConditionFields;
  const bool elsewhere = &fields != &kConditionFields;
  if (options_.drop_unmapped && !elsewhere && code.domain != "Condition") return absl::OkStatus();
  CdmRow& row = Anew(fields);
  row.Set(fields.id, IdOf(fields.table, RowKey(code)));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  SetEvent(row, fields, code, start);
  const std::string_view display = code.coding["display"].Text();
  row.SetCutView(fields.source_value, !display.empty()     ? display
                                      : !code.code.empty() ? code.code
                                                           : r["code"]["text"].Text());
  if (elsewhere) {
    row.SetView(fields.type_concept_id, kEhrEncounter);
  } else {
    row.Set(fields.type_concept_id, ConditionTypeConcept(CodeOf(r["category"].First())));
  }
  SetVisit(row, r["encounter"]);
  const Node asserter = r["asserter"];
  SetProvider(row, IsPractitioner(asserter) ? asserter : r["recorder"]);
  if (elsewhere) return Write(row);
  const Moment end = FirstDay({r["abatementDateTime"], r["abatementPeriod"]["end"]});
  row.SetView("condition_end_date", end.date());
  row.SetView("condition_end_datetime", end.time());
  const std::string_view status = CodeOf(r["clinicalStatus"]);
  std::int64_t status_concept = VerificationConcept(CodeOf(r["verificationStatus"]));
  if (status_concept == 0 && status == "resolved") status_concept = 32906;
  row.Set("condition_status_concept_id", status_concept);
  row.SetCutView("condition_status_source_value", status);
  row.SetCutView("stop_reason", r["abatementString"].Text());
  return Write(row);
}

absl::Status Mapper::Procedure(Node r) {
  if (IsOneOf(r["status"].Text(), {"entered-in-error", "not-done", "unknown"}))
    return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(
      const Resolved code,
      ResolveBest(r["code"], {"SNOMED", "CPT4", "HCPCS", "ICD10PCS"}, "Procedure"));
  if (code.standard == 0 && options_.drop_unmapped) return absl::OkStatus();
  if (code.code.empty()) return Reject("code", "no code");
  const Node period = r["performedPeriod"];
  Moment start = Utc(r["performedDateTime"].Text());
  if (!start) start = Utc(period["start"].Text());
  if (!start) return Reject("performed[x]", "no date");
  const Moment end = Utc(period["end"].Text());
  CdmRow& row = Anew(procedure_);
  row.Set("procedure_occurrence_id", IdOf("procedure_occurrence", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  SetEvent(row, kProcedureFields, code, start);
  row.SetView("procedure_end_date", end.date());
  row.SetView("procedure_end_datetime", end.time());
  row.SetCutView("procedure_source_value", code.code);
  row.SetView("procedure_type_concept_id", kEhrEncounter);
  SetProvider(row, r["performer"].First()["actor"]);
  SetVisit(row, r["encounter"]);
  return Write(row);
}

// The substance is the observation and its value.
absl::Status Mapper::Allergy(Node r) {
  if (IsWrong(r)) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const Resolved code, ResolveBest(r["code"], {"SNOMED", "RxNorm"}, ""));
  if (code.standard == 0 && options_.drop_unmapped) return absl::OkStatus();
  if (code.code.empty()) return Reject("code", "no code");
  const Moment at = FirstDay({r["recordedDate"], r["onsetDateTime"], r["onsetPeriod"]["start"]});
  if (!at) return Reject("recordedDate", "no date");
  CdmRow& row = Anew(observation_);
  row.Set("observation_id", IdOf("observation", id_));
  if (!SetPerson(row, r["patient"])) return Reject("patient", "no patient");
  SetEvent(row, kObservationFields, code, at);
  row.Set("value_as_concept_id", code.standard);
  row.SetCutView("observation_source_value", code.code);
  row.SetCutView("value_source_value", r["code"]["text"].Text());
  row.SetCutView("qualifier_source_value", CodeOf(r["clinicalStatus"]));
  row.SetView("observation_type_concept_id", kEhr);
  SetVisit(row, r["encounter"]);
  return Write(row);
}

absl::Status Mapper::Device(Node r) {
  if (!IsOneOf(r["status"].Text(), {"active", "inactive"}) || !r["patient"])
    return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const Resolved code, ResolveBest(r["type"], {"SNOMED"}, "Device"));
  if (code.standard == 0 && options_.drop_unmapped) return absl::OkStatus();
  if (code.code.empty()) return Reject("type", "no code");
  const Moment start = WallClock(r["manufactureDate"].Text());
  if (!start) return Reject("manufactureDate", "no date");
  const Moment end = WallClock(r["expirationDate"].Text());
  CdmRow& row = Anew(device_);
  row.Set("device_exposure_id", IdOf("device_exposure", id_));
  if (!SetPerson(row, r["patient"])) return Reject("patient", "no patient");
  row.SetView("device_exposure_start_date", start.date());
  row.SetView("device_exposure_start_datetime", start.time());
  row.SetView("device_exposure_end_date", end.date());
  row.SetView("device_exposure_end_datetime", end.time());
  row.Set("device_concept_id", code.standard);
  row.Set("device_source_concept_id", code.source);
  row.SetCutView("device_source_value", code.code);
  row.SetView("device_type_concept_id", kEhr);
  row.SetCutView("unique_device_id", r["udiCarrier"].First()["deviceIdentifier"].Text());
  row.SetCutView("production_id", r["lotNumber"].Text());
  return Write(row);
}

absl::Status Mapper::Specimen(Node r) {
  const Node collection = r["collection"];
  const Moment at = WallClock(collection["collectedDateTime"].Text());
  if (!at) return absl::OkStatus();  // it was not taken yet
  CdmRow& row = Anew(specimen_);
  row.Set("specimen_id", IdOf("specimen", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  row.SetView("specimen_date", at.date());
  row.SetView("specimen_datetime", at.time());
  ESSAIM_ASSIGN_OR_RETURN(const Resolved type, ResolveBest(r["type"], {"SNOMED"}, "Specimen"));
  ESSAIM_ASSIGN_OR_RETURN(const Resolved site, ResolveBest(collection["bodySite"], {"SNOMED"}, ""));
  row.Set("specimen_concept_id", type.standard);
  row.SetCutView("specimen_source_value", type.code);
  row.Set("anatomic_site_concept_id", site.standard);
  row.SetCutView("anatomic_site_source_value", site.code);
  row.SetView("specimen_type_concept_id", kLab);
  SetNumber(row, "quantity", collection["quantity"]["value"]);
  return Write(row);
}

}  // namespace essaim::fhir
