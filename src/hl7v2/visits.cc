// PV1: visits, known again under every number that they had.
#include <algorithm>

#include "base/status_macros.h"
#include "hl7v2/mapper.h"

namespace essaim::hl7v2 {
namespace {

// Table 0004.
std::int64_t VisitConcept(std::string_view patient_class) {
  if (patient_class == "I" || patient_class == "B") return 9201;
  if (patient_class == "E") return 9203;
  if (patient_class == "O" || patient_class == "R" || patient_class == "P") return 9202;
  return 0;
}

// "2020-01-05 12:00:00" to 20200105120000, and back.
std::int64_t Packed(const std::string& time) {
  std::int64_t number = 0;
  for (const char c : time) {
    if (c >= '0' && c <= '9') number = 10 * number + (c - '0');
  }
  return number;
}

Moment Unpacked(std::int64_t time) {
  std::string digits = std::to_string(time);
  digits.insert(0, 14 - std::min<std::size_t>(14, digits.size()), '0');
  return MomentOf(digits);
}

}  // namespace

absl::StatusOr<std::optional<Mapper::Stay>> Mapper::Find(std::int64_t visit) {
  const auto here = visits_.find(visit);
  if (here != visits_.end()) {
    if (here->second.start == 0) return std::optional<Stay>();
    return Stay{.person_id = here->second.person_id, .start = Unpacked(here->second.start)};
  }
  if (options_.known == nullptr) return std::optional<Stay>();
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<KnownVisit> known, options_.known->Visit(visit));
  if (!known.has_value()) return std::optional<Stay>();
  const Moment start{.date = known->start.substr(0, 10), .time = known->start};
  visits_[visit] = {.person_id = known->person_id, .start = Packed(start.time)};
  return Stay{.person_id = known->person_id, .start = start};
}

// Once a load.
absl::Status Mapper::ReadHistory() {
  if (!history_read_ && options_.known != nullptr) {
    ESSAIM_ASSIGN_OR_RETURN(const KnownHistory history, options_.known->History());
    history_.Add(history);
  }
  history_read_ = true;
  return absl::OkStatus();
}

// The visit of that number: the one that is known under one of the patient's numbers, else a new
// one under this.
absl::StatusOr<std::int64_t> Mapper::VisitOf(std::int64_t person, const std::string& number) {
  ESSAIM_RETURN_IF_ERROR(ReadHistory());
  const auto under = [&](std::int64_t of) {
    return history_.VisitOf(options_.ids->IdOf("visit_occurrence", std::to_string(of), number));
  };
  const std::int64_t own = under(person);
  const std::vector<VisitHistory::Former> former = history_.FormerOf(person);
  if (former.empty()) return own;
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<Stay> known, Find(own));
  if (known.has_value()) return own;
  for (const VisitHistory::Former& other : former) {
    const std::int64_t visit = under(other.person);
    if (other.visit != 0 && visit != history_.VisitOf(other.visit)) continue;
    ESSAIM_ASSIGN_OR_RETURN(const std::optional<Stay> there, Find(visit));
    if (there.has_value()) return visit;
  }
  return own;
}

absl::Status Mapper::Visit(const Message& message, const Segment& pv1) {
  const Segment* evn = message.Find("EVN");
  const Moment happened = evn == nullptr ? Moment() : FirstOf({evn->Text(6), evn->Text(2)});
  const Moment said = MomentOf(pv1.Text(44));
  std::string number = pv1.Text(19);
  if (number.empty()) number = pv1.Text(50);
  const Moment& first = said.date.empty() ? happened : said;
  if (number.empty() && first.date.empty()) return absl::OkStatus();  // nothing to tell it by
  visit_id_ = 0;
  ESSAIM_ASSIGN_OR_RETURN(stay_id_, VisitOf(person_id_, number.empty() ? first.time : number));
  const std::string event = message.event();
  if (event == "A11" || event == "A27" || event == "A38") return CancelVisit();
  // A pre-admission is a plan, and so is what stands with an order for later.
  if (event == "A05" || event == "A14") return absl::OkStatus();
  const MoveKind kind = MoveKindOf(event);
  const bool changes_class = kind == MoveKind::kClass;
  const bool moves = kind != MoveKind::kNone && !changes_class;
  std::optional<Stay> known;
  if (said.date.empty() || kind != MoveKind::kNone) {
    ESSAIM_ASSIGN_OR_RETURN(known, Find(stay_id_));
  }
  Moment start = said;
  if (start.date.empty() && known.has_value()) start = known->start;
  if (start.date.empty() && !moves) start = happened;
  // The stay did not begin when its class changed.
  if (changes_class && known.has_value() && known->start.time < start.time) start = known->start;
  if (start.date.empty()) return absl::OkStatus();
  visit_id_ = stay_id_;
  if (known.has_value() && moves) {  // as it is: such a message tells its number and no more
    return account_ == 0 ? absl::OkStatus() : StandUnder(visit_id_, account_, pv1);
  }
  // What comes with a result or an order says which visit it belongs to, not what becomes of it.
  if (known.has_value() && said.date.empty() && message.type() != "ADT") return absl::OkStatus();
  return WriteVisit(message, pv1, start, happened);
}

// It did not take place.
absl::Status Mapper::CancelVisit() {
  visits_[stay_id_] = {.person_id = person_id_, .start = 0};
  places_.Forget(stay_id_);
  return sink_.Remove(*FindCdmTable("visit_occurrence"), stay_id_);
}

absl::Status Mapper::WriteVisit(const Message& message, const Segment& pv1, const Moment& start,
                                const Moment& happened) {
  const std::string event = message.event();
  visits_[visit_id_] = {.person_id = person_id_, .start = Packed(start.time)};
  CdmRow row("visit_occurrence");
  row.Set("visit_occurrence_id", visit_id_);
  row.Set("person_id", person_id_);
  // Still here: what is known of the end is that it was not before this message.
  Moment end = event == "A13" ? Moment() : MomentOf(pv1.Text(45));
  if (end.date.empty() && event == "A03") end = happened;
  if (end.date.empty()) end = start.time < sent_.time && pv1.Text(2) == "I" ? sent_ : start;
  row.Set("visit_start_date", std::string_view(start.date));
  row.Set("visit_start_datetime", std::string_view(start.time));
  row.Set("visit_end_date", std::string_view(end.date));
  row.Set("visit_end_datetime", std::string_view(end.time));
  row.Set("visit_concept_id", VisitConcept(pv1.Text(2)));
  row.Set("visit_type_concept_id", std::int64_t{32827});
  const std::string pseudonym = options_.ids->PseudonymOf("visit", std::to_string(visit_id_));
  row.Set("visit_source_value", std::string_view(pseudonym));
  row.Set("visit_source_concept_id", std::int64_t{0});
  row.Set("admitted_from_concept_id", std::int64_t{0});
  row.SetCut("admitted_from_source_value", pv1.Text(14));
  row.Set("discharged_to_concept_id", std::int64_t{0});
  row.SetCut("discharged_to_source_value", pv1.Text(36));
  if (!pv1.Text(7).empty()) row.Set("provider_id", options_.ids->IdOf("provider", "", pv1.Text(7)));
  ESSAIM_RETURN_IF_ERROR(Write(row, pv1));
  if (message.type() == "ADT") TellPlaces(event, pv1, start, happened, end);
  return account_ == 0 ? absl::OkStatus() : StandUnder(visit_id_, account_, pv1);
}

// Where the patient is, of the events that say that she came there.
void Mapper::TellPlaces(const std::string& event, const Segment& pv1, const Moment& start,
                        const Moment& happened, const Moment& end) {
  places_.Tell(visit_id_, {.person_id = person_id_,
                           .concept_id = VisitConcept(pv1.Text(2)),
                           .end = end.time,
                           .file = file_,
                           .line = text_.line + pv1.line() - 1});
  const Place here{.ward = pv1.Text(3, 1), .facility = pv1.Text(3, 4)};
  if (event == "A12") places_.CancelTransfer(visit_id_, happened.time, here);
  if (here.empty()) return;
  if (event == "A01" || event == "A04") places_.Arrive(visit_id_, start.time, here);
  if (event != "A02" && event != "A06" && event != "A07") return;
  const Place before{.ward = pv1.Text(6, 1), .facility = pv1.Text(6, 4)};
  const bool later = start.time < happened.time;
  if (later && !before.empty()) places_.Begin(visit_id_, start.time, before);
  places_.Arrive(visit_id_, later ? happened.time : start.time, here);
}

absl::Status Mapper::StandUnder(std::int64_t visit, std::int64_t account, const Segment& segment) {
  accounts_.insert({account, visit});
  CdmRow row("essaim_visit_account");
  row.Set("visit_occurrence_id", visit);
  row.Set("person_id", person_id_);
  row.Set("account_id", account);
  return Write(row, segment);
}

}  // namespace essaim::hl7v2
