// Encounter, Condition, Procedure, AllergyIntolerance, Device, Specimen.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "fhir/code_maps.h"
#include "fhir/mapper.h"

namespace essaim::fhir {
namespace {

constexpr std::int64_t kEhr = 32817, kEhrEncounter = 32827, kLab = 32856;

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

Moment FirstOf(std::initializer_list<Node> nodes) {
  for (const Node node : nodes) {
    Moment moment = WallClock(node.Text());
    if (!moment.date.empty()) return moment;
  }
  return {};
}

std::string_view CodeOf(Node codeable) { return codeable["coding"].First()["code"].Text(); }

bool IsWrong(Node r) {
  return IsOneOf(CodeOf(r["verificationStatus"]), {"refuted", "entered-in-error"});
}

}  // namespace

absl::Status Mapper::Encounter(Node r) {
  if (IsOneOf(r["status"].Text(), {"entered-in-error", "cancelled", "planned", "unknown"}))
    return absl::OkStatus();
  CdmRow row("visit_occurrence");
  row.Set("visit_occurrence_id", IdOf("visit_occurrence", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  // Visits are in UTC, as the mapping's reference has them; other events keep the wall clock.
  const Moment start = Utc(r["period"]["start"].Text());
  Moment end = Utc(r["period"]["end"].Text());
  if (start.date.empty()) return Reject("period.start", "no date");
  if (end.date.empty()) end = start;
  SetMoment(row, "visit_start", start);
  SetMoment(row, "visit_end", end);
  row.Set("visit_concept_id", VisitConcept(r["class"]["code"].Text()));
  row.Set("visit_type_concept_id", kEhrEncounter);
  row.Set("visit_source_concept_id", std::int64_t{0});
  const std::string trace = Trace(id_);
  row.SetCut("visit_source_value", trace);
  SetRef(row, "provider_id", "provider", r["participant"].First()["individual"], "Practitioner");
  SetRef(row, "care_site_id", "care_site", r["serviceProvider"]);
  SetRef(row, "preceding_visit_occurrence_id", "visit_occurrence", r["partOf"], "Encounter");
  row.Set("admitted_from_concept_id", std::int64_t{0});
  row.Set("discharged_to_concept_id", std::int64_t{0});
  const Node stay = r["hospitalization"];
  row.SetCut("admitted_from_source_value", CodeOf(stay["admitSource"]));
  row.SetCut("discharged_to_source_value", CodeOf(stay["dischargeDisposition"]));
  return Write(row);
}

// A code decides the table: what a hospital records as a condition may be an observation in OMOP.
absl::Status Mapper::Condition(Node r) {
  if (IsWrong(r)) return absl::OkStatus();
  const Moment start = FirstOf({r["onsetDateTime"], r["onsetPeriod"]["start"], r["recordedDate"]});
  const Moment end = FirstOf({r["abatementDateTime"], r["abatementPeriod"]["end"]});
  if (start.date.empty()) return Reject("onset[x]", "no date");
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Resolved> codes, Resolve(r["code"], {"SNOMED"}));
  if (codes.empty() && !options_.drop_unmapped) return Reject("code", "no code");
  for (const Resolved& code : codes) {
    const bool elsewhere = IsOneOf(code.domain, {"Observation", "Procedure", "Measurement"});
    const std::string table = code.domain == "Observation"   ? "observation"
                              : code.domain == "Procedure"   ? "procedure_occurrence"
                              : code.domain == "Measurement" ? "measurement"
                                                             : "condition_occurrence";
    if (options_.drop_unmapped && !elsewhere && code.domain != "Condition") continue;
    const std::string prefix = table.substr(0, table.find('_'));
    CdmRow row(table);
    row.Set(absl::StrCat(table, "_id"), IdOf(table, absl::StrCat(id_, "|", code.standard)));
    if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
    SetMoment(row, elsewhere ? prefix : "condition_start", start);
    row.Set(absl::StrCat(prefix, "_concept_id"), code.standard);
    row.Set(absl::StrCat(prefix, "_source_concept_id"), code.source);
    row.SetCut(absl::StrCat(prefix, "_source_value"), !code.display.empty() ? code.display
                                                      : !code.code.empty()
                                                          ? std::string_view(code.code)
                                                          : r["code"]["text"].Text());
    row.Set(absl::StrCat(prefix, "_type_concept_id"),
            elsewhere ? kEhrEncounter : ConditionTypeConcept(CodeOf(r["category"].First())));
    SetRef(row, "visit_occurrence_id", "visit_occurrence", r["encounter"], "Encounter");
    SetRef(row, "provider_id", "provider", r["recorder"], "Practitioner");
    SetRef(row, "provider_id", "provider", r["asserter"], "Practitioner");
    if (!elsewhere) {
      SetMoment(row, "condition_end", end);
      const std::string_view status = CodeOf(r["clinicalStatus"]);
      std::int64_t status_concept = VerificationConcept(CodeOf(r["verificationStatus"]));
      if (status_concept == 0 && status == "resolved") status_concept = 32906;
      row.Set("condition_status_concept_id", status_concept);
      row.SetCut("condition_status_source_value", status);
      row.SetCut("stop_reason", r["abatementString"].Text());
    }
    ESSAIM_RETURN_IF_ERROR(Write(row));
  }
  return absl::OkStatus();
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
  if (start.date.empty()) start = Utc(period["start"].Text());
  if (start.date.empty()) return Reject("performed[x]", "no date");
  CdmRow row("procedure_occurrence");
  row.Set("procedure_occurrence_id", IdOf("procedure_occurrence", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  SetMoment(row, "procedure", start);
  SetMoment(row, "procedure_end", Utc(period["end"].Text()));
  row.Set("procedure_concept_id", code.standard);
  row.Set("procedure_source_concept_id", code.source);
  row.SetCut("procedure_source_value", code.code);
  row.Set("procedure_type_concept_id", kEhrEncounter);
  SetRef(row, "provider_id", "provider", r["performer"].First()["actor"], "Practitioner");
  SetRef(row, "visit_occurrence_id", "visit_occurrence", r["encounter"], "Encounter");
  return Write(row);
}

// The substance is the observation and its value.
absl::Status Mapper::Allergy(Node r) {
  if (IsWrong(r)) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const Resolved code, ResolveBest(r["code"], {"SNOMED", "RxNorm"}, ""));
  if (code.standard == 0 && options_.drop_unmapped) return absl::OkStatus();
  if (code.code.empty()) return Reject("code", "no code");
  const Moment at = FirstOf({r["recordedDate"], r["onsetDateTime"], r["onsetPeriod"]["start"]});
  if (at.date.empty()) return Reject("recordedDate", "no date");
  CdmRow row("observation");
  row.Set("observation_id", IdOf("observation", id_));
  if (!SetPerson(row, r["patient"])) return Reject("patient", "no patient");
  SetMoment(row, "observation", at);
  row.Set("observation_concept_id", code.standard);
  row.Set("value_as_concept_id", code.standard);
  row.Set("observation_source_concept_id", code.source);
  row.SetCut("observation_source_value", code.code);
  row.SetCut("value_source_value", r["code"]["text"].Text());
  row.SetCut("qualifier_source_value", CodeOf(r["clinicalStatus"]));
  row.Set("observation_type_concept_id", kEhr);
  SetRef(row, "visit_occurrence_id", "visit_occurrence", r["encounter"], "Encounter");
  return Write(row);
}

absl::Status Mapper::Device(Node r) {
  if (!IsOneOf(r["status"].Text(), {"active", "inactive"}) || !r["patient"])
    return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const Resolved code, ResolveBest(r["type"], {"SNOMED"}, "Device"));
  if (code.standard == 0 && options_.drop_unmapped) return absl::OkStatus();
  if (code.code.empty()) return Reject("type", "no code");
  const Moment start = WallClock(r["manufactureDate"].Text());
  if (start.date.empty()) return Reject("manufactureDate", "no date");
  CdmRow row("device_exposure");
  row.Set("device_exposure_id", IdOf("device_exposure", id_));
  if (!SetPerson(row, r["patient"])) return Reject("patient", "no patient");
  SetMoment(row, "device_exposure_start", start);
  SetMoment(row, "device_exposure_end", WallClock(r["expirationDate"].Text()));
  row.Set("device_concept_id", code.standard);
  row.Set("device_source_concept_id", code.source);
  row.SetCut("device_source_value", code.code);
  row.Set("device_type_concept_id", kEhr);
  row.SetCut("unique_device_id", r["udiCarrier"].First()["deviceIdentifier"].Text());
  row.SetCut("production_id", r["lotNumber"].Text());
  return Write(row);
}

absl::Status Mapper::Specimen(Node r) {
  const Node collection = r["collection"];
  const Moment at = WallClock(collection["collectedDateTime"].Text());
  if (at.date.empty()) return absl::OkStatus();  // it was not taken yet
  CdmRow row("specimen");
  row.Set("specimen_id", IdOf("specimen", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  SetMoment(row, "specimen", at);
  ESSAIM_ASSIGN_OR_RETURN(const Resolved type, ResolveBest(r["type"], {"SNOMED"}, "Specimen"));
  ESSAIM_ASSIGN_OR_RETURN(const Resolved site, ResolveBest(collection["bodySite"], {"SNOMED"}, ""));
  row.Set("specimen_concept_id", type.standard);
  row.SetCut("specimen_source_value", type.code);
  row.Set("anatomic_site_concept_id", site.standard);
  row.SetCut("anatomic_site_source_value", site.code);
  row.Set("specimen_type_concept_id", kLab);
  row.Set("quantity", collection["quantity"]["value"].Number());
  return Write(row);
}

}  // namespace essaim::fhir
