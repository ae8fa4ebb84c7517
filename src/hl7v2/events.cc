// DG1, AL1, PR1, OBX, RXA, RXE, RXD, TXA.
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "hl7v2/mapper.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::int64_t kEhr = 32817, kEhrEncounter = 32827;

void SetMoment(CdmRow& row, const std::string& prefix, const Moment& at) {
  row.Set(absl::StrCat(prefix, "_date"), std::string_view(at.date));
  row.Set(absl::StrCat(prefix, "_datetime"), std::string_view(at.time));
}

double NumberOf(const std::string& text) {
  double number = 0;
  return absl::SimpleAtod(text, &number) && std::isfinite(number) ? number : std::nan("");
}

std::int64_t OperatorOf(std::string_view comparator) {
  if (comparator == "<") return 4171756;
  if (comparator == "<=") return 4171754;
  if (comparator == ">=") return 4171755;
  return comparator == ">" ? 4172704 : 0;
}

// A value as OBX-5 gives it: a number, perhaps with a comparator before it ("<5", as laboratories
// write what they cannot measure), else a text.
struct Value {
  double number = std::nan("");
  std::int64_t comparator = 0;  // a concept
  std::string text;
};

Value ValueOf(const Segment& obx) {
  const std::string type = obx.Text(2);
  // SN is comparator, number, separator, number: "<^5"; "^1^:^128" is a titre and stays a text.
  if (type == "SN") {
    const double number = obx.Text(5, 3).empty() ? NumberOf(obx.Text(5, 2)) : std::nan("");
    if (!std::isnan(number))
      return {.number = number, .comparator = OperatorOf(obx.Text(5, 1)), .text = ""};
    return {.text = absl::StrCat(obx.Text(5, 1), obx.Text(5, 2), obx.Text(5, 3), obx.Text(5, 4))};
  }
  Value value{.text = obx.Text(5)};
  // A date, a time or an identifier of digits is no number.
  for (const char* other : {"DT", "TM", "TS", "DTM", "CX", "XTN"}) {
    if (type == other) return value;
  }
  for (std::size_t r = 1; r < obx.Repetitions(5); ++r)
    absl::StrAppend(&value.text, "\n", obx.Text(5, 1, r));
  const std::size_t digits = value.text.find_first_not_of("<>=");
  if (digits == std::string::npos) return value;
  const std::int64_t comparator = OperatorOf(value.text.substr(0, digits));
  const double number = NumberOf(value.text.substr(digits));
  if (std::isnan(number) || (digits > 0 && comparator == 0)) return value;
  return {.number = number, .comparator = comparator, .text = ""};
}

// OBX-6 is a code, a text and a coding system. Many senders write "10^9/L" in it as it stands, with
// the character that parts the components.
std::string UnitOf(const Segment& obx) {
  const std::string unit = obx.Text(6), rest = obx.Text(6, 2);
  const bool is_power = unit == "10" || unit == "x10" || unit == "X10";
  return is_power && !rest.empty() ? absl::StrCat(unit, "^", rest) : unit;
}

// "70-80", "<5", ">= 3".
void SetRange(CdmRow& row, const std::string& range) {
  const std::size_t dash = range.find('-', 1);
  if (dash != std::string::npos) {
    row.Set("range_low", NumberOf(range.substr(0, dash)));
    row.Set("range_high", NumberOf(range.substr(dash + 1)));
    return;
  }
  const std::size_t digits = range.find_first_of("0123456789");
  if (digits == std::string::npos) return;
  if (range[0] == '<') row.Set("range_high", NumberOf(range.substr(digits)));
  if (range[0] == '>') row.Set("range_low", NumberOf(range.substr(digits)));
}

}  // namespace

absl::Status Mapper::Diagnosis(const Segment& dg1) {
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(dg1, 3, "Condition"));
  if (code.text.empty()) return Reject(dg1, "DG1-3", "no code");
  const Moment at = FirstOf({dg1.Text(5), dg1.Text(19)});
  const Moment& start = at.date.empty() ? sent_ : at;
  if (start.date.empty()) return Reject(dg1, "DG1-5", "no date");
  CdmRow row("condition_occurrence");
  Own(row, absl::StrCat(code.text, "|", start.date));
  SetMoment(row, "condition_start", start);
  row.Set("condition_concept_id", code.standard);
  row.Set("condition_source_concept_id", code.source);
  row.SetCut("condition_source_value", code.text);
  row.Set("condition_type_concept_id", kEhrEncounter);
  const std::string type = dg1.Text(6);  // table 0052
  row.Set("condition_status_concept_id", std::int64_t{type == "A"   ? 32890
                                                      : type == "F" ? 32896
                                                      : type == "W" ? 32899
                                                                    : 0});
  row.SetCut("condition_status_source_value", type);
  return Write(row, dg1);
}

absl::Status Mapper::Allergy(const Segment& al1) {
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(al1, 3, ""));
  if (code.text.empty()) return Reject(al1, "AL1-3", "no code");
  const Moment said = MomentOf(al1.Text(6));
  const Moment& at = said.date.empty() ? sent_ : said;
  if (at.date.empty()) return Reject(al1, "AL1-6", "no date");
  CdmRow row("observation");
  Own(row, absl::StrCat("allergy|", code.text));
  SetMoment(row, "observation", at);
  row.Set("observation_concept_id", code.standard);
  row.Set("value_as_concept_id", code.standard);
  row.Set("observation_source_concept_id", code.source);
  row.SetCut("observation_source_value", code.text);
  row.SetCut("value_source_value", al1.Text(3, 2));
  row.SetCut("qualifier_source_value", al1.Text(4));
  row.Set("observation_type_concept_id", kEhr);
  return Write(row, al1);
}

absl::Status Mapper::Procedure(const Segment& pr1) {
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(pr1, 3, "Procedure"));
  if (code.text.empty()) return Reject(pr1, "PR1-3", "no code");
  const Moment at = MomentOf(pr1.Text(5));
  if (at.date.empty()) return Reject(pr1, "PR1-5", "no date");
  CdmRow row("procedure_occurrence");
  Own(row, absl::StrCat(code.text, "|", at.time));
  SetMoment(row, "procedure", at);
  row.Set("procedure_concept_id", code.standard);
  row.Set("procedure_source_concept_id", code.source);
  row.SetCut("procedure_source_value", code.text);
  row.Set("procedure_type_concept_id", kEhrEncounter);
  return Write(row, pr1);
}

absl::Status Mapper::Result(const Segment& obx) {
  const std::string type = obx.Text(2), status = obx.Text(11), value = obx.Text(5);
  if (status == "D" || status == "W" || status == "X" || value.empty()) return absl::OkStatus();
  if (type == "ED" || type == "RP") {
    ++unmapped_["results that are files or pointers to files"];
    return absl::OkStatus();
  }
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(obx, 3, ""));
  if (code.text.empty()) return Reject(obx, "OBX-3", "no code");
  Moment at = MomentOf(obx.Text(14));
  if (at.date.empty()) at = ordered_.date.empty() ? sent_ : ordered_;
  if (at.date.empty()) return Reject(obx, "OBX-14", "no date");
  const bool coded = type == "CE" || type == "CWE" || type == "CNE";
  const Value said = coded ? Value() : ValueOf(obx);
  const bool measured =
      code.domain == "Measurement" ||
      (code.domain != "Observation" && (!std::isnan(said.number) || type == "SN"));
  const std::string table = measured ? "measurement" : "observation";
  CdmRow row(table);
  if (request_id_ != 0) {  // the order that it answers
    row.Set(absl::StrCat(table, "_event_id"), request_id_);
    row.Set(measured ? "meas_event_field_concept_id" : "obs_event_field_concept_id",
            std::int64_t{1147082});  // procedure_occurrence.procedure_occurrence_id
  }
  Own(row, absl::StrCat(order_, "|", code.text, "|", obx.Text(4), "|", at.time));
  SetMoment(row, table, at);
  row.Set(absl::StrCat(table, "_concept_id"), code.standard);
  row.Set(absl::StrCat(table, "_source_concept_id"), code.source);
  row.SetCut(absl::StrCat(table, "_source_value"), code.text);
  row.Set(absl::StrCat(table, "_type_concept_id"), measured ? std::int64_t{32856} : kEhr);
  row.Set("value_as_number", said.number);
  const std::string unit = UnitOf(obx);
  row.SetCut("unit_source_value", unit);
  if (!unit.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(
        const MappedCode* mapped,
        options_.vocabulary->Map("UCUM", absl::StrReplaceAll(unit, {{"^", "*"}})));
    if (!mapped->targets.empty()) row.Set("unit_concept_id", mapped->targets[0].concept_id);
  }
  if (coded) {
    ESSAIM_ASSIGN_OR_RETURN(const Code answer, CodeOf(obx, 5, ""));
    if (answer.standard != 0) row.Set("value_as_concept_id", answer.standard);
    row.SetCut("value_source_value", obx.Text(5, 2).empty() ? value : obx.Text(5, 2));
  } else if (std::isnan(said.number)) {
    row.SetCut(measured ? "value_source_value" : "value_as_string", said.text);
  }
  if (measured) {
    SetRange(row, obx.Text(7));
    row.SetUnlessZero("operator_concept_id", said.comparator);
  } else {
    row.SetCut("qualifier_source_value", obx.Text(8));
  }
  return Write(row, obx);
}

absl::Status Mapper::Vaccination(const Segment& rxa) {
  const std::string status = rxa.Text(20);
  if (status == "NA" || status == "RE") return absl::OkStatus();  // not given, refused
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(rxa, 5, "Drug"));
  if (code.text.empty() || code.text == "998") return absl::OkStatus();  // CVX: nothing was given
  const Moment at = MomentOf(rxa.Text(3));
  if (at.date.empty()) return Reject(rxa, "RXA-3", "no date");
  CdmRow row("drug_exposure");
  Own(row, absl::StrCat(code.text, "|", at.time));
  if (rxa.Text(21) == "D") {
    std::int64_t id = 0;
    if (!absl::SimpleAtoi(std::string(*row.Get("drug_exposure_id")), &id))
      return absl::InternalError("a key that is no number");
    return sink_.Remove(row.table(), id);
  }
  SetMoment(row, "drug_exposure_start", at);
  SetMoment(row, "drug_exposure_end", at);
  row.Set("drug_concept_id", code.standard);
  row.Set("drug_source_concept_id", code.source);
  row.SetCut("drug_source_value", code.text);
  row.Set("drug_type_concept_id", kEhrEncounter);
  row.Set("quantity", rxa.Text(6) == "999" ? std::nan("") : NumberOf(rxa.Text(6)));
  row.SetCut("dose_unit_source_value", rxa.Text(7));
  row.SetCut("lot_number", rxa.Text(15));
  return Write(row, rxa);
}

// RXE: written; RXD: dispensed.
absl::Status Mapper::Drug(const Segment& rx, bool dispensed) {
  const std::string key = dispensed ? "" : OrderKey(nullptr);
  if (!dispensed && TakenBack()) return TakeBack(key);
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(rx, 2, "Drug"));
  if (code.text.empty()) return Reject(rx, dispensed ? "RXD-2" : "RXE-2", "no code");
  const Moment said = MomentOf(dispensed ? rx.Text(3) : rx.Text(32));
  const Moment& asked = orc_.start.date.empty() || dispensed ? said : orc_.start;
  const Moment& at = asked.date.empty() ? sent_ : asked;
  if (at.date.empty()) return Reject(rx, dispensed ? "RXD-3" : "RXE-32", "no date");
  CdmRow row("drug_exposure");
  Own(row, absl::StrCat(dispensed ? rx.Text(7) : rx.Text(15), "|", code.text, "|", at.time));
  // The pharmacy's encoded order is the same order as the one that was asked for.
  if (!key.empty()) ESSAIM_RETURN_IF_ERROR(SetDrugOrder(row, key));
  SetMoment(row, "drug_exposure_start", at);
  SetMoment(row, "drug_exposure_end", dispensed || orc_.end.date < at.date ? at : orc_.end);
  row.Set("drug_concept_id", code.standard);
  row.Set("drug_source_concept_id", code.source);
  row.SetCut("drug_source_value", code.text);
  // EHR dispensing record; EHR prescription.
  row.Set("drug_type_concept_id", std::int64_t{dispensed ? 32825 : 32838});
  row.Set("quantity", NumberOf(dispensed ? rx.Text(4) : rx.Text(10)));
  row.SetCut("dose_unit_source_value", rx.Text(5));
  return Write(row, rx);
}

// A document's text is that of the OBX segments after its TXA.
absl::Status Mapper::Note(const Message& message, const Segment& txa) {
  std::string text;
  for (const Segment& s : message.segments()) {
    const std::string type = s.name() == "OBX" ? s.Text(2) : "";
    if (type != "TX" && type != "FT" && type != "ST") continue;
    for (std::size_t r = 0; r < s.Repetitions(5); ++r)
      absl::StrAppend(&text, text.empty() ? "" : "\n", s.Text(5, 1, r));
  }
  if (text.empty()) return absl::OkStatus();
  const Moment said = FirstOf({txa.Text(4), txa.Text(6)});
  const Moment& at = said.date.empty() ? sent_ : said;
  if (at.date.empty()) return Reject(txa, "TXA-4", "no date");
  CdmRow row("note");
  Own(row, absl::StrCat(txa.Text(12), "|", at.time));
  SetMoment(row, "note", at);
  row.Set("note_type_concept_id", kEhr);
  row.Set("note_class_concept_id", std::int64_t{0});
  row.SetCut("note_title", txa.Text(2, 2).empty() ? txa.Text(2) : txa.Text(2, 2));
  row.Set("note_text", std::string_view(text));
  row.Set("encoding_concept_id", std::int64_t{32678});
  row.Set("language_concept_id",
          std::int64_t{message.segments()[0].Text(19).starts_with("fr") ? 4180190 : 4180186});
  row.SetCut("note_source_value", txa.Text(2));
  return Write(row, txa);
}

}  // namespace essaim::hl7v2
