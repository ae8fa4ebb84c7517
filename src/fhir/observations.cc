// Observation with its components, DiagnosticReport, DocumentReference.
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "fhir/code_maps.h"
#include "fhir/mapper.h"

namespace essaim::fhir {
namespace {

constexpr std::int64_t kEhr = 32817, kEhrEncounter = 32827, kLab = 32856, kUtf8 = 32678;
constexpr std::int64_t kEnglish = 4180186, kFrench = 4180190;

// What the two tables of results call the same fields.
struct ResultFields {
  std::string_view table, id, concept_id, date, time, type_concept_id, source_value,
      source_concept_id;
};

constexpr ResultFields kMeasurement = {.table = "measurement",
                                       .id = "measurement_id",
                                       .concept_id = "measurement_concept_id",
                                       .date = "measurement_date",
                                       .time = "measurement_datetime",
                                       .type_concept_id = "measurement_type_concept_id",
                                       .source_value = "measurement_source_value",
                                       .source_concept_id = "measurement_source_concept_id"};
constexpr ResultFields kObservation = {.table = "observation",
                                       .id = "observation_id",
                                       .concept_id = "observation_concept_id",
                                       .date = "observation_date",
                                       .time = "observation_datetime",
                                       .type_concept_id = "observation_type_concept_id",
                                       .source_value = "observation_source_value",
                                       .source_concept_id = "observation_source_concept_id"};

bool IsVoid(std::string_view status) {
  return status == "entered-in-error" || status == "cancelled" || status == "unknown";
}

Node FirstOfType(Node references, std::string_view type) {
  for (const Node reference : references.Items()) {
    const std::string_view text = reference["reference"].Text();
    if (text.starts_with("urn:") || text.find(type) != std::string_view::npos) return reference;
  }
  return {};
}

bool HasValue(Node part) {
  for (const char* value : {"valueQuantity", "valueString", "valueCodeableConcept", "valueInteger",
                            "valueBoolean", "valueDateTime"}) {
    if (part[value]) return true;
  }
  return false;
}

// A value that is neither a number nor a code, as text.
std::string TextOf(Node part) {
  for (const char* value : {"valueString", "valueDateTime"}) {
    if (part[value]) return std::string(part[value].Text());
  }
  bool truth = false;
  if (part["valueBoolean"] && part["valueBoolean"].element().get(truth) == simdjson::SUCCESS)
    return truth ? "true" : "false";
  return "";
}

// The attachment's text: base64 of UTF-8; empty if it is none.
std::string TextOfAttachment(Node attachment) {
  std::string text;
  if (!absl::Base64Unescape(Av(attachment["data"].Text()), &text) ||
      Utf8Prefix(text) != text.size())
    return "";
  return text;
}

}  // namespace

absl::Status Mapper::Observation(Node r) {
  if (IsVoid(r["status"].Text())) return absl::OkStatus();
  if (HasValue(r)) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<Resolved> codes,
                            Resolve(r["code"], {"LOINC", "SNOMED"}));
    for (const Resolved& code : codes)
      ESSAIM_RETURN_IF_ERROR(
          ObservationRow(r, r, code, absl::StrCat(id_, "|", code.standard), false));
  }
  int number = 0;
  for (const Node component : r["component"].Items()) {
    ++number;
    if (!HasValue(component)) continue;
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<Resolved> codes,
                            Resolve(component["code"], {"LOINC", "SNOMED"}));
    if (codes.empty()) continue;
    // The place in the list tells components of one code apart.
    ESSAIM_RETURN_IF_ERROR(ObservationRow(
        r, component, codes[0], absl::StrCat(id_, "/", number, "|", codes[0].standard), true));
  }
  return absl::OkStatus();
}

absl::Status Mapper::ObservationRow(Node r, Node part, const Resolved& code, std::string_view key,
                                    bool is_component) {
  const Node quantity = part["valueQuantity"], coded = part["valueCodeableConcept"];
  const double number = quantity ? quantity["value"].Number() : part["valueInteger"].Number();
  const bool known = code.domain == "Measurement" || code.domain == "Observation";
  if (!known && options_.drop_unmapped) return absl::OkStatus();
  const bool measured =
      code.domain == "Measurement" || (code.domain.empty() && !std::isnan(number));
  if (measured && is_component && std::isnan(number) && options_.drop_unmapped)
    return absl::OkStatus();
  const ResultFields& fields = measured ? kMeasurement : kObservation;
  CdmRow row(fields.table);
  row.Set(fields.id, IdOf(fields.table, key));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  Moment at = WallClock(r["effectiveDateTime"].Text());
  if (at.date.empty()) at = WallClock(r["effectivePeriod"]["start"].Text());
  if (at.date.empty() && !options_.drop_unmapped) at = WallClock(r["issued"].Text());
  if (at.date.empty()) return Reject("effective[x]", "no date");
  row.Set(fields.date, std::string_view(at.date));
  row.Set(fields.time, std::string_view(at.time));
  row.Set(fields.concept_id, code.standard);
  row.Set(fields.source_concept_id, code.source);
  row.SetCut(fields.source_value,
             code.code.empty() ? part["code"]["text"].Text() : std::string_view(code.code));
  row.Set(fields.type_concept_id, kEhr);
  row.Set("value_as_number", number);
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t unit,
                          StandardOf("http://unitsofmeasure.org", quantity["code"].Text()));
  if (unit != 0) row.Set("unit_concept_id", unit);
  row.SetCut("unit_source_value", quantity["unit"].Text());
  const Node answer = coded["coding"].First();
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t value,
                          StandardOf(answer["system"].Text(), answer["code"].Text()));
  if (value != 0) row.Set("value_as_concept_id", value);
  const std::string text = TextOf(part);
  if (measured) {
    const std::int64_t op = OperatorConcept(quantity["comparator"].Text());
    if (op != 0) row.Set("operator_concept_id", op);
    if (!is_component) {
      const Node range = part["referenceRange"].First();
      row.Set("range_low", range["low"]["value"].Number());
      row.Set("range_high", range["high"]["value"].Number());
    }
    row.SetCut("value_source_value", coded["text"].Text());
    if (!options_.drop_unmapped && !text.empty()) row.SetCut("value_source_value", text);
  } else if (is_component) {
    const std::string_view answer_text =
        text.empty() ? coded["text"].Text() : std::string_view(text);
    row.SetCut("value_as_string", answer_text);
    row.SetCut("value_source_value", answer_text);
  } else {
    row.SetCut("value_as_string", text);
    row.SetCut("value_source_value", coded["text"].Text());
    row.SetCut("qualifier_source_value",
               r["interpretation"].First()["coding"].First()["code"].Text());
  }
  SetRef(row, "visit_occurrence_id", "visit_occurrence", r["encounter"], "Encounter");
  SetRef(row, "provider_id", "provider", r["performer"].First(), "Practitioner");
  return Write(row);
}

// One note, and a row for each code in the table of its domain.
absl::Status Mapper::Report(Node r) {
  if (IsVoid(r["status"].Text())) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(ReportNote(r));
  const Moment at = WallClock(r["effectiveDateTime"].Text());
  if (at.date.empty()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Resolved> codes,
                          Resolve(r["code"], {"LOINC", "SNOMED"}));
  for (const Resolved& code : codes) {
    const std::string table = code.domain == "Measurement"   ? "measurement"
                              : code.domain == "Observation" ? "observation"
                              : code.domain == "Procedure"   ? "procedure_occurrence"
                                                             : "";
    if (table.empty()) continue;  // a kind of document: the note has it
    const std::string prefix = table.substr(0, table.find('_'));
    CdmRow row(table);
    row.Set(absl::StrCat(table, "_id"), IdOf(table, absl::StrCat(id_, "|", code.standard)));
    if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
    SetMoment(row, prefix, at);
    row.Set(absl::StrCat(prefix, "_concept_id"), code.standard);
    row.Set(absl::StrCat(prefix, "_source_concept_id"), code.source);
    row.SetCut(absl::StrCat(prefix, "_source_value"), code.code);
    row.Set(absl::StrCat(prefix, "_type_concept_id"), table == "measurement"   ? kLab
                                                      : table == "observation" ? kEhr
                                                                               : kEhrEncounter);
    if (table == "observation") {
      row.SetCut("value_source_value",
                 r["conclusion"] ? r["conclusion"].Text() : r["code"]["text"].Text());
    }
    SetRef(row, "visit_occurrence_id", "visit_occurrence", r["encounter"], "Encounter");
    SetRef(row, "provider_id", "provider", FirstOfType(r["performer"], "Practitioner"),
           "Practitioner");
    ESSAIM_RETURN_IF_ERROR(Write(row));
  }
  return absl::OkStatus();
}

absl::Status Mapper::ReportNote(Node r) {
  const Moment at = WallClock(r["effectiveDateTime"].Text());
  const Node form = r["presentedForm"].First();
  const std::string_view title = r["code"]["text"].Text(), conclusion = r["conclusion"].Text();
  if (at.date.empty() || (!form["data"] && conclusion.empty() && title.empty()))
    return absl::OkStatus();
  std::string text = TextOfAttachment(form);
  if (text.empty()) text = std::string(conclusion.empty() ? title : conclusion);
  ESSAIM_ASSIGN_OR_RETURN(const Resolved kind, ResolveBest(r["code"], {"LOINC"}, ""));
  CdmRow row("note");
  row.Set("note_id", IdOf("note", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  SetMoment(row, "note", at);
  row.Set("note_type_concept_id", kEhr);
  row.Set("note_class_concept_id", kind.vocabulary == "LOINC" ? kind.standard : 0);
  row.SetCut("note_title", title);
  row.Set("note_text", std::string_view(text));
  row.Set("encoding_concept_id", kUtf8);
  row.Set("language_concept_id", r["language"].Text().starts_with("fr") ? kFrench : kEnglish);
  if (kind.vocabulary == "LOINC") row.SetCut("note_source_value", kind.code);
  SetRef(row, "visit_occurrence_id", "visit_occurrence", r["encounter"], "Encounter");
  SetRef(row, "provider_id", "provider", FirstOfType(r["performer"], "Practitioner"),
         "Practitioner");
  return Write(row);
}

absl::Status Mapper::Document(Node r) {
  if (r["status"].Text() == "entered-in-error") return absl::OkStatus();
  Moment at = WallClock(r["context"]["period"]["start"].Text());
  if (at.date.empty()) at = WallClock(r["date"].Text());
  const Node attachment = r["content"].First()["attachment"];
  std::string text = TextOfAttachment(attachment);
  if (text.empty()) text = std::string(r["description"].Text());
  if (text.empty()) return absl::OkStatus();  // a pointer to a document that is elsewhere
  if (at.date.empty()) return Reject("date", "no date");
  ESSAIM_ASSIGN_OR_RETURN(const Resolved kind, ResolveBest(r["type"], {"LOINC"}, ""));
  CdmRow row("note");
  row.Set("note_id", IdOf("note", id_));
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  SetMoment(row, "note", at);
  row.Set("note_type_concept_id", kEhr);
  row.Set("note_class_concept_id", kind.vocabulary == "LOINC" ? kind.standard : 0);
  row.SetCut("note_title",
             attachment["title"] ? attachment["title"].Text() : r["type"]["text"].Text());
  row.Set("note_text", std::string_view(text));
  row.Set("encoding_concept_id", kUtf8);
  row.Set("language_concept_id",
          attachment["language"].Text().starts_with("fr") ? kFrench : kEnglish);
  row.SetCut("note_source_value", kind.code);
  SetRef(row, "visit_occurrence_id", "visit_occurrence", r["context"]["encounter"].First(),
         "Encounter");
  SetRef(row, "provider_id", "provider", FirstOfType(r["author"], "Practitioner"), "Practitioner");
  return Write(row);
}

}  // namespace essaim::fhir
