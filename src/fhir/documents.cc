// DiagnosticReport and DocumentReference: notes, and what a report's codes say.
#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "fhir/mapper.h"

namespace essaim::fhir {
namespace {

constexpr std::string_view kEhr = "32817", kEhrEncounter = "32827", kLab = "32856", kUtf8 = "32678",
                           kEnglish = "4180186", kFrench = "4180190";

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

// The attachment's text: base64 of UTF-8; empty if it is none.
std::string TextOfAttachment(Node attachment) {
  std::string text;
  if (!absl::Base64Unescape(Av(attachment["data"].Text()), &text) ||
      Utf8Prefix(text) != text.size())
    return "";
  return text;
}

std::string_view LanguageConcept(std::string_view language) {
  return language.starts_with("fr") ? kFrench : kEnglish;
}

}  // namespace

// One note, and a row for each code in the table of its domain.
absl::Status Mapper::Report(Node r) {
  if (IsVoid(r["status"].Text())) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(ReportNote(r));
  const Moment at = WallClock(r["effectiveDateTime"].Text());
  if (!at) return absl::OkStatus();
  AllResolved codes;
  ESSAIM_RETURN_IF_ERROR(Resolve(r["code"], {"LOINC", "SNOMED"}, codes));
  for (const Resolved& code : codes) {
    const EventFields* fields = code.domain == "Measurement"   ? &kMeasurementFields
                                : code.domain == "Observation" ? &kObservationFields
                                : code.domain == "Procedure"   ? &kProcedureFields
                                                               : nullptr;
    if (fields == nullptr) continue;  // a kind of document: the note has it
    CdmRow& row = Anew(*fields);
    row.Set(fields->id, IdOf(fields->table, RowKey(code)));
    if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
    SetEvent(row, *fields, code, at);
    row.SetCutView(fields->source_value, code.code);
    row.SetView(fields->type_concept_id, fields == &kMeasurementFields   ? kLab
                                         : fields == &kObservationFields ? kEhr
                                                                         : kEhrEncounter);
    if (fields == &kObservationFields) {
      row.SetCutView("value_source_value",
                     r["conclusion"] ? r["conclusion"].Text() : r["code"]["text"].Text());
    }
    SetVisit(row, r["encounter"]);
    SetProvider(row, FirstOfType(r["performer"], "Practitioner"));
    ESSAIM_RETURN_IF_ERROR(Write(row));
  }
  return absl::OkStatus();
}

absl::Status Mapper::ReportNote(Node r) {
  const Moment at = WallClock(r["effectiveDateTime"].Text());
  const Node form = r["presentedForm"].First();
  const std::string_view title = r["code"]["text"].Text(), conclusion = r["conclusion"].Text();
  if (!at || (!form["data"] && conclusion.empty() && title.empty())) return absl::OkStatus();
  std::string text = TextOfAttachment(form);
  if (text.empty()) text = std::string(conclusion.empty() ? title : conclusion);
  ESSAIM_ASSIGN_OR_RETURN(const Resolved kind, ResolveBest(r["code"], {"LOINC"}, ""));
  return WriteNote({.subject = r["subject"],
                    .encounter = r["encounter"],
                    .authors = r["performer"],
                    .at = at,
                    .kind = kind,
                    .title = title,
                    .text = text,
                    .language = r["language"].Text(),
                    .source_value = kind.vocabulary == "LOINC" ? kind.code : std::string_view()});
}

absl::Status Mapper::WriteNote(const NoteParts& note) {
  CdmRow& row = Anew(note_);
  row.Set("note_id", IdOf("note", id_));
  if (!SetPerson(row, note.subject)) return Reject("subject", "no patient");
  row.SetView("note_date", note.at.date());
  row.SetView("note_datetime", note.at.time());
  row.SetView("note_type_concept_id", kEhr);
  row.Set("note_class_concept_id", note.kind.vocabulary == "LOINC" ? note.kind.standard : 0);
  row.SetCutView("note_title", note.title);
  row.SetView("note_text", note.text);
  row.SetView("encoding_concept_id", kUtf8);
  row.SetView("language_concept_id", LanguageConcept(note.language));
  row.SetCutView("note_source_value", note.source_value);
  SetVisit(row, note.encounter);
  SetProvider(row, FirstOfType(note.authors, "Practitioner"));
  return Write(row);
}

absl::Status Mapper::Document(Node r) {
  if (r["status"].Text() == "entered-in-error") return absl::OkStatus();
  Moment at = WallClock(r["context"]["period"]["start"].Text());
  if (!at) at = WallClock(r["date"].Text());
  const Node attachment = r["content"].First()["attachment"];
  std::string text = TextOfAttachment(attachment);
  if (text.empty()) text = std::string(r["description"].Text());
  if (text.empty()) return absl::OkStatus();  // a pointer to a document that is elsewhere
  if (!at) return Reject("date", "no date");
  ESSAIM_ASSIGN_OR_RETURN(const Resolved kind, ResolveBest(r["type"], {"LOINC"}, ""));
  return WriteNote(
      {.subject = r["subject"],
       .encounter = r["context"]["encounter"].First(),
       .authors = r["author"],
       .at = at,
       .kind = kind,
       .title = attachment["title"] ? attachment["title"].Text() : r["type"]["text"].Text(),
       .text = text,
       .language = attachment["language"].Text(),
       .source_value = kind.code});
}

}  // namespace essaim::fhir
