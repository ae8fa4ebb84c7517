// Observation with its components.
#include <optional>

#include "base/status_macros.h"
#include "fhir/code_maps.h"
#include "fhir/mapper.h"

namespace essaim::fhir {
namespace {

constexpr std::string_view kEhr = "32817";

bool IsVoid(std::string_view status) {
  return status == "entered-in-error" || status == "cancelled" || status == "unknown";
}

bool HasValue(Node part) {
  return part["valueQuantity"] || part["valueString"] || part["valueCodeableConcept"] ||
         part["valueInteger"] || part["valueBoolean"] || part["valueDateTime"];
}

// A value that is neither a number nor a code, as text.
std::string_view TextOf(Node part) {
  if (const Node text = part["valueString"]) return text.Text();
  if (const Node time = part["valueDateTime"]) return time.Text();
  const std::optional<bool> truth = part["valueBoolean"].Truth();
  return !truth.has_value() ? "" : *truth ? "true" : "false";
}

}  // namespace

absl::Status Mapper::Observation(Node r) {
  if (IsVoid(r["status"].Text())) return absl::OkStatus();
  if (HasValue(r)) {
    AllResolved codes;
    ESSAIM_RETURN_IF_ERROR(Resolve(r["code"], {"LOINC", "SNOMED"}, codes));
    for (const Resolved& code : codes)
      ESSAIM_RETURN_IF_ERROR(ObservationRow(r, r, code, RowKey(code), false));
  }
  int number = 0;
  for (const Node component : r["component"].Items()) {
    ++number;
    if (!HasValue(component)) continue;
    AllResolved codes;
    ESSAIM_RETURN_IF_ERROR(Resolve(component["code"], {"LOINC", "SNOMED"}, codes));
    if (codes.empty()) continue;
    // The place in the list tells components of one code apart.
    ESSAIM_RETURN_IF_ERROR(ObservationRow(r, component, codes[0], RowKey(codes[0], number), true));
  }
  return absl::OkStatus();
}

absl::Status Mapper::ObservationRow(Node r, Node part, const Resolved& code, std::string_view key,
                                    bool is_component) {
  const Node quantity = part["valueQuantity"], coded = part["valueCodeableConcept"];
  const Node number = quantity ? quantity["value"] : part["valueInteger"];
  const bool is_number = number.IsNumber();
  const bool known = code.domain == "Measurement" || code.domain == "Observation";
  if (!known && options_.drop_unmapped) return absl::OkStatus();
  const bool measured = code.domain == "Measurement" || (code.domain.empty() && is_number);
  if (measured && is_component && !is_number && options_.drop_unmapped) return absl::OkStatus();
  const EventFields& fields = measured ? kMeasurementFields : kObservationFields;
  CdmRow& row = Anew(fields);
  const std::int64_t id = IdOf(fields.table, key);
  if (!SetPerson(row, r["subject"])) return Reject("subject", "no patient");
  Moment at = WallClock(r["effectiveDateTime"].Text());
  if (!at) at = WallClock(r["effectivePeriod"]["start"].Text());
  if (!at && !options_.drop_unmapped) at = WallClock(r["issued"].Text());
  if (!at) return Reject("effective[x]", "no date");
  SetEvent(row, fields, code, at);
  row.SetCutView(fields.source_value, code.code.empty() ? part["code"]["text"].Text() : code.code);
  row.SetView(fields.type_concept_id, kEhr);
  SetNumber(row, "value_as_number", number);
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t unit, StandardOf("UCUM", quantity["code"].Text()));
  row.SetUnlessZero("unit_concept_id", unit);
  row.SetCutView("unit_source_value", quantity["unit"].Text());
  const Node answer = coded["coding"].First();
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t value,
                          StandardOf(VocabularyOf(answer["system"].Text()), answer["code"].Text()));
  row.SetUnlessZero("value_as_concept_id", value);
  const std::string_view text = TextOf(part);
  if (measured) {
    row.SetUnlessZero("operator_concept_id", OperatorConcept(quantity["comparator"].Text()));
    if (!is_component) {
      const Node range = part["referenceRange"].First();
      SetNumber(row, "range_low", range["low"]["value"]);
      SetNumber(row, "range_high", range["high"]["value"]);
    }
    row.SetCutView("value_source_value", coded["text"].Text());
    if (!options_.drop_unmapped && !text.empty()) row.SetCutView("value_source_value", text);
  } else if (is_component) {
    const std::string_view answer_text = text.empty() ? coded["text"].Text() : text;
    row.SetCutView("value_as_string", answer_text);
    row.SetCutView("value_source_value", answer_text);
  } else {
    row.SetCutView("value_as_string", text);
    row.SetCutView("value_source_value", coded["text"].Text());
    row.SetCutView("qualifier_source_value",
                   r["interpretation"].First()["coding"].First()["code"].Text());
  }
  SetVisit(row, r["encounter"]);
  SetProvider(row, r["performer"].First());
  row.Set(fields.id, id);
  return Write(row);
}

}  // namespace essaim::fhir
