// MRG: patients that are one, accounts and visits that move, and a visit's change of class (HL7 v2,
// chapter 3: A06, A07, A18, A30, A34 to A50).
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "hl7v2/mapper.h"

namespace essaim::hl7v2 {

MoveKind MoveKindOf(std::string_view event) {
  static constexpr struct {
    std::string_view event;
    MoveKind kind;
  } kEvents[] = {
      {"A18", MoveKind::kPerson},  {"A30", MoveKind::kPerson},  {"A34", MoveKind::kPerson},
      {"A36", MoveKind::kPerson},  {"A39", MoveKind::kPerson},  {"A40", MoveKind::kPerson},
      {"A47", MoveKind::kPerson},  {"A35", MoveKind::kAccount}, {"A41", MoveKind::kAccount},
      {"A44", MoveKind::kAccount}, {"A49", MoveKind::kAccount}, {"A42", MoveKind::kVisit},
      {"A45", MoveKind::kVisit},   {"A50", MoveKind::kVisit},   {"A51", MoveKind::kVisit},
      {"A06", MoveKind::kClass},   {"A07", MoveKind::kClass}};

  for (const auto& entry : kEvents) {
    if (entry.event == event) return entry.kind;
  }
  return MoveKind::kNone;
}

namespace {

// The visit's number in a field of numbers and the one of their alternates.
std::string NumberIn(const Segment* segment, std::size_t field, std::size_t alternate) {
  if (segment == nullptr) return "";
  const std::string number = segment->Text(field);
  return number.empty() ? segment->Text(alternate) : number;
}

}  // namespace

// A message may have several groups: a patient, what was before, the visit that is meant.
absl::Status Mapper::Moves(const Message& message) {
  const MoveKind kind = MoveKindOf(message.event());
  const Segment *pid = nullptr, *first = message.Find("PID");
  const std::vector<Segment>& segments = message.segments();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& s = segments[i];
    if (s.name() == "PID") {
      pid = &s;
      if (pid == first) continue;
      person_id_ = PersonOf(s, 3);
      if (person_id_ == 0) return Reject(s, "PID-3", "no identifier of the patient");
      account_ = AccountOf(s, 18);
      ESSAIM_RETURN_IF_ERROR(Patient(s));
    }
    if (s.name() == "PV1") ESSAIM_RETURN_IF_ERROR(Visit(message, s));
    if (s.name() != "MRG" || pid == nullptr) continue;
    const Segment* pv1 = nullptr;
    for (std::size_t j = i + 1; j < segments.size() && pv1 == nullptr; ++j) {
      if (segments[j].name() == "PID" || segments[j].name() == "MRG") break;
      if (segments[j].name() == "PV1") pv1 = &segments[j];
    }
    absl::Status done;
    if (kind == MoveKind::kPerson) done = Merge(s);
    if (kind == MoveKind::kAccount) done = MoveAccount(s, *pid);
    if (kind == MoveKind::kVisit) done = MoveVisit(s, pv1);
    if (kind == MoveKind::kClass) done = ChangeClass(s, pv1);
    if (kind == MoveKind::kNone) ++unmapped_["MRG segments of events that move nothing"];
    ESSAIM_RETURN_IF_ERROR(done);
  }
  return absl::OkStatus();
}

absl::Status Mapper::Merge(const Segment& mrg) {
  const std::int64_t from = PersonOf(mrg, 1);
  if (from == 0) return Reject(mrg, "MRG-1", "no identifier of the patient");
  if (from != person_id_) history_.MergePersons(from, person_id_);
  return sink_.MergePersons(from, person_id_);
}

absl::Status Mapper::MoveVisit(const Segment& mrg, const Segment* pv1) {
  const std::string former = NumberIn(&mrg, 5, 6);
  if (former.empty()) return Reject(mrg, "MRG-5", "no number of the visit");
  const std::int64_t said = PersonOf(mrg, 1), from = said == 0 ? person_id_ : said;
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t visit, VisitOf(from, former));
  const std::string number = NumberIn(pv1, 19, 50);
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t into,
                          VisitOf(person_id_, number.empty() ? former : number));
  return JoinVisit(visit, from, into);
}

// Of two visits that are both there the one that the message names stays; of one, that one.
absl::Status Mapper::JoinVisit(std::int64_t former, std::int64_t from, std::int64_t into_visit) {
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<Stay> before, Find(former));
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<Stay> after, Find(into_visit));
  const std::int64_t stays = before.has_value() && !after.has_value() ? former : into_visit;
  const std::int64_t goes = stays == former ? into_visit : former;
  if (goes != stays) {
    history_.JoinVisits(goes, stays);
    ESSAIM_RETURN_IF_ERROR(sink_.JoinVisits(goes, stays));
  }
  if (history_.SamePerson(from, person_id_)) return absl::OkStatus();
  if (const auto here = visits_.find(stays); here != visits_.end())
    here->second.person_id = person_id_;
  history_.MoveVisit(stays, from, person_id_);
  return sink_.MoveVisit(stays, from, person_id_);
}

absl::StatusOr<std::set<std::pair<std::int64_t, std::int64_t>>> Mapper::VisitsUnder(
    std::int64_t account, std::int64_t person) {
  std::set<std::pair<std::int64_t, std::int64_t>> visits;
  for (auto at = accounts_.lower_bound({account, 0}); at != accounts_.end(); ++at) {
    if (at->first != account) break;
    const auto begun = visits_.find(at->second);
    if (begun != visits_.end() && begun->second.start != 0 &&
        history_.SamePerson(begun->second.person_id, person))
      visits.insert({at->second, begun->second.person_id});
  }
  if (options_.known == nullptr) return visits;
  ESSAIM_ASSIGN_OR_RETURN(const auto known, options_.known->VisitsOf(account));
  for (const auto& [visit, owner] : known) {
    const auto begun = visits_.find(visit);  // what this load said of it
    if (begun != visits_.end() && begun->second.start == 0) continue;
    const std::int64_t now = begun == visits_.end() ? owner : begun->second.person_id;
    if (history_.SamePerson(now, person)) visits.insert({visit, now});
  }
  return visits;
}

// The CDM has no accounts: what moves is the visits that stand under it.
absl::Status Mapper::MoveAccount(const Segment& mrg, const Segment& pid) {
  const std::int64_t former = AccountOf(mrg, 3);
  if (former == 0) return Reject(mrg, "MRG-3", "no number of the account");
  const std::int64_t account = account_ == 0 ? former : account_;
  const std::int64_t said = PersonOf(mrg, 1), from = said == 0 ? person_id_ : said;
  ESSAIM_ASSIGN_OR_RETURN(const auto visits, VisitsUnder(former, from));
  if (visits.empty()) ++unmapped_["moves of accounts under which no visit is known"];
  for (const auto& [visit, owner] : visits) {
    if (account != former) {
      accounts_.erase({former, visit});
      ESSAIM_RETURN_IF_ERROR(StandUnder(visit, account, pid));
    }
    ESSAIM_RETURN_IF_ERROR(JoinVisit(visit, from, visit));
  }
  return absl::OkStatus();
}

// The same visit, in another class. Some systems give it another number or account with that.
absl::Status Mapper::ChangeClass(const Segment& mrg, const Segment* pv1) {
  if (!NumberIn(&mrg, 5, 6).empty()) return MoveVisit(mrg, pv1);
  const std::int64_t former = AccountOf(mrg, 3);
  const std::string number = NumberIn(pv1, 19, 50);
  if (former == 0 || former == account_ || number.empty()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t visit, VisitOf(person_id_, number));
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<Stay> known, Find(visit));
  if (known.has_value()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const auto visits, VisitsUnder(former, person_id_));
  if (visits.size() != 1) return absl::OkStatus();  // of several, nobody knows which
  return JoinVisit(visits.begin()->first, person_id_, visit);
}

}  // namespace essaim::hl7v2
