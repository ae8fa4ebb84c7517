// ORC, TQ1, OBR, RXO of order messages: what was asked for, and what was withdrawn.
//
// The CDM's procedure_occurrence holds activities "ordered by, or carried out by" a provider (CDM
// 5.4, PROCEDURE_OCCURRENCE), told apart by the type: 32833 is EHR order. A test that was ordered
// is therefore no measurement before its result comes; its LOINC code is the source concept.
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "hl7v2/mapper.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::int64_t kEhrOrder = 32833, kEhrPrescription = 32838;

// A number is its assigner's (EI: entity identifier, namespace, universal id).
std::string NumberOf(const Segment& segment, std::size_t field) {
  const std::string id = segment.Text(field, 1);
  if (id.empty()) return "";
  const std::string space = segment.Text(field, 2);
  return absl::StrCat(id, "^", space.empty() ? segment.Text(field, 3) : space);
}

double QuantityOf(const std::string& text) {
  double number = 0;
  return absl::SimpleAtod(text, &number) && std::isfinite(number) ? number : std::nan("");
}

}  // namespace

void Mapper::Order(const Segment& orc) {
  orc_ = {.control = orc.Text(1),
          .status = orc.Text(5),
          .placer = NumberOf(orc, 2),
          .filler = NumberOf(orc, 3),
          .group = NumberOf(orc, 4),
          .said = MomentOf(orc.Text(9)),
          .effective = MomentOf(orc.Text(15)),
          .start = MomentOf(orc.Text(7, 4)),
          .end = MomentOf(orc.Text(7, 5)),
          .provider = orc.Text(12)};
}

void Mapper::Timing(const Segment& tq1) {
  const Moment start = MomentOf(tq1.Text(7)), end = MomentOf(tq1.Text(8));
  if (!start.date.empty()) orc_.start = start;
  if (!end.date.empty()) orc_.end = end;
}

// The placer's number is what every later message of the order has; an order that begins at the
// filler has the filler's alone.
std::string Mapper::OrderKey(const Segment* obr) const {
  std::string placer = orc_.placer, filler = orc_.filler;
  if (obr != nullptr && placer.empty()) placer = NumberOf(*obr, 2);
  if (obr != nullptr && filler.empty()) filler = NumberOf(*obr, 3);
  if (!placer.empty()) return "placer|" + placer;
  return filler.empty() ? "" : "filler|" + filler;
}

absl::StatusOr<bool> Mapper::HasOrder(std::string_view table, std::int64_t id) {
  if (requests_.contains(id)) return true;
  if (options_.known == nullptr || taken_back_.contains(id)) return false;
  return options_.known->HasOrder(table, id);
}

// The order of that number: the one that is known under one of the patient's numbers, else a new
// one under this.
absl::StatusOr<std::int64_t> Mapper::OrderId(std::string_view table, const std::string& key) {
  const auto under = [&](std::int64_t person) {
    return options_.ids->IdOf(table, std::to_string(person), "order|" + key);
  };
  ESSAIM_RETURN_IF_ERROR(ReadHistory());
  const std::int64_t own = under(person_id_);
  const std::vector<VisitHistory::Former> former = history_.FormerOf(person_id_);
  if (former.empty()) return own;
  ESSAIM_ASSIGN_OR_RETURN(const bool known, HasOrder(table, own));
  if (known) return own;
  for (const VisitHistory::Former& other : former) {
    ESSAIM_ASSIGN_OR_RETURN(const bool there, HasOrder(table, under(other.person)));
    if (there) return under(other.person);
  }
  return own;
}

// Table 0119 (cancelled, discontinued, refused, replaced by another) and table 0038.
bool Mapper::TakenBack() const {
  for (const char* control : {"CA", "OC", "CR", "DC", "OD", "DR", "UA", "RP", "RQ", "RU"}) {
    if (orc_.control == control) return true;
  }
  return orc_.status == "CA" || orc_.status == "DC" || orc_.status == "ER" || orc_.status == "RP";
}

absl::Status Mapper::TakeBack(const std::string& key) {
  if (key.empty()) {
    ++unmapped_["orders withdrawn that have no number"];
    return absl::OkStatus();
  }
  for (const char* table : {"procedure_occurrence", "drug_exposure"}) {
    ESSAIM_ASSIGN_OR_RETURN(const std::int64_t id, OrderId(table, key));
    requests_.erase(id);
    taken_back_.insert(id);
    ESSAIM_RETURN_IF_ERROR(sink_.Remove(*FindCdmTable(table), id));
  }
  return absl::OkStatus();
}

absl::Status Mapper::SetDrugOrder(CdmRow& row, const std::string& key) {
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t id, OrderId("drug_exposure", key));
  requests_.insert(id);
  taken_back_.erase(id);
  row.Set("drug_exposure_id", id);
  return absl::OkStatus();
}

absl::Status Mapper::Request(const Segment& obr) {
  const std::string key = OrderKey(&obr);
  request_id_ = 0;
  if (TakenBack()) return TakeBack(key);
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(obr, 4, "Procedure"));
  if (code.text.empty()) return Reject(obr, "OBR-4", "no code");
  // A new order was made when its message says so; of later messages that is the change's time.
  const Moment wanted = FirstOf({obr.Text(6), obr.Text(27, 4)});
  Moment at = orc_.control == "NW" ? orc_.said : Moment();
  for (const Moment& other : {orc_.effective, wanted, orc_.start, orc_.said, sent_})
    if (at.date.empty()) at = other;
  if (at.date.empty()) return Reject(obr, "ORC-9", "no date");
  CdmRow row("procedure_occurrence");
  Own(row, absl::StrCat("order|", orc_.group, "|", code.text, "|", at.time));
  if (!key.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(request_id_, OrderId("procedure_occurrence", key));
    row.Set("procedure_occurrence_id", request_id_);
    requests_.insert(request_id_);
    taken_back_.erase(request_id_);
  }
  row.Set("procedure_date", std::string_view(at.date));
  row.Set("procedure_datetime", std::string_view(at.time));
  row.Set("procedure_concept_id", code.standard);
  row.Set("procedure_source_concept_id", code.source);
  row.SetCut("procedure_source_value", code.text);
  row.Set("procedure_type_concept_id", kEhrOrder);
  const std::string provider = orc_.provider.empty() ? obr.Text(16) : orc_.provider;
  if (!provider.empty()) row.Set("provider_id", options_.ids->IdOf("provider", "", provider));
  return Write(row, obr);
}

absl::Status Mapper::DrugRequest(const Segment& rxo) {
  const std::string key = OrderKey(nullptr);
  if (TakenBack()) return TakeBack(key);
  ESSAIM_ASSIGN_OR_RETURN(const Code code, CodeOf(rxo, 1, "Drug"));
  if (code.text.empty()) return Reject(rxo, "RXO-1", "no code");
  Moment at = orc_.start;
  for (const Moment& other : {orc_.effective, orc_.said, sent_})
    if (at.date.empty()) at = other;
  if (at.date.empty()) return Reject(rxo, "ORC-9", "no date");
  CdmRow row("drug_exposure");
  Own(row, absl::StrCat("order|", orc_.group, "|", code.text, "|", at.time));
  if (!key.empty()) ESSAIM_RETURN_IF_ERROR(SetDrugOrder(row, key));
  const Moment& end = orc_.end.date < at.date ? at : orc_.end;
  row.Set("drug_exposure_start_date", std::string_view(at.date));
  row.Set("drug_exposure_start_datetime", std::string_view(at.time));
  row.Set("drug_exposure_end_date", std::string_view(end.date));
  row.Set("drug_exposure_end_datetime", std::string_view(end.time));
  row.Set("drug_concept_id", code.standard);
  row.Set("drug_source_concept_id", code.source);
  row.SetCut("drug_source_value", code.text);
  row.Set("drug_type_concept_id", kEhrPrescription);
  row.Set("quantity", QuantityOf(rxo.Text(11)));
  std::int64_t refills = 0;
  if (absl::SimpleAtoi(rxo.Text(13), &refills)) row.Set("refills", refills);
  row.SetCut("dose_unit_source_value", rxo.Text(4));
  return Write(row, rxo);
}

// Results come after the OBR of the order that they answer.
absl::Status Mapper::FindOrder(const Segment& obr) {
  request_id_ = 0;
  const std::string key = OrderKey(&obr);
  if (key.empty()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t id, OrderId("procedure_occurrence", key));
  ESSAIM_ASSIGN_OR_RETURN(const bool known, HasOrder("procedure_occurrence", id));
  if (known) request_id_ = id;
  return absl::OkStatus();
}

}  // namespace essaim::hl7v2
