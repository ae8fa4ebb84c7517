// One HL7 v2 message to rows of the CDM; docs/hl7v2.md tells the rules.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "hl7v2/hl7_files.h"
#include "hl7v2/message.h"
#include "hl7v2/places.h"
#include "hl7v2/visit_history.h"
#include "source/cdm_row.h"
#include "warehouse/cdm_source.h"

namespace essaim::hl7v2 {

// HL7's DTM (chapter 2A): YYYY[MM[DD[HH[MM[SS[.S]]]]]][+ZZZZ]. The wall clock; a year or a month
// alone is its first day. Empty if the text is none.
struct Moment {
  std::string date, time;  // YYYY-MM-DD, YYYY-MM-DD HH:MM:SS
};

Moment MomentOf(std::string_view text);

// What the event of a message (table 0003) says of persons, accounts and visits.
enum class MoveKind {
  kNone,
  kPerson,   // two numbers of a patient are one
  kAccount,  // MRG-3 of MRG-1 is PID-18 of PID-3
  kVisit,    // MRG-5 of MRG-1 is PV1-19 of PID-3
  kClass,    // a visit's class changes, its account or number perhaps too
};

MoveKind MoveKindOf(std::string_view event);

// A coding system's name in a coded field (table 0396) to OMOP's vocabulary_id; empty if unknown.
std::string_view VocabularyOf(std::string_view system);

class Mapper {
 public:
  Mapper(const Hl7Options& options, CdmSink& sink)
      : options_(options), sink_(sink), places_(*options.ids, options.known.get()) {}

  // The engine's and the sink's errors; a segment without what its row needs is rejected.
  absl::Status Map(const Message& message, std::string_view file, const MessageText& text);

  // After the last message.
  absl::Status Finish() { return places_.WriteTo(sink_); }

  // What has no place in the CDM, counted: "messages of the type SIU".
  const std::map<std::string, std::uint64_t>& unmapped() const { return unmapped_; }

 private:
  struct Code {
    std::int64_t standard = 0, source = 0;
    std::string domain, text;  // the code, or the text where there is none
  };

  absl::Status Segments(const Message& message);
  absl::Status Patient(const Segment& pid);
  absl::Status Insurance(const Segment& in1);
  absl::Status Diagnosis(const Segment& dg1);
  absl::Status Allergy(const Segment& al1);
  absl::Status Procedure(const Segment& pr1);
  absl::Status Result(const Segment& obx);
  absl::Status Vaccination(const Segment& rxa);
  absl::Status Drug(const Segment& rx, bool dispensed);
  absl::Status Note(const Message& message, const Segment& txa);
  // visits.cc
  absl::Status Visit(const Message& message, const Segment& pv1);
  absl::Status CancelVisit();
  absl::StatusOr<std::int64_t> VisitOf(std::int64_t person, const std::string& number);
  absl::Status ReadHistory();

  struct Stay {
    std::int64_t person_id = 0;
    Moment start;
  };

  absl::StatusOr<std::optional<Stay>> Find(std::int64_t visit);
  absl::Status WriteVisit(const Message& message, const Segment& pv1, const Moment& start,
                          const Moment& happened);
  void TellPlaces(const std::string& event, const Segment& pv1, const Moment& start,
                  const Moment& happened, const Moment& end);
  absl::Status StandUnder(std::int64_t visit, std::int64_t account, const Segment& segment);
  // moves.cc
  absl::Status Moves(const Message& message);
  absl::Status Merge(const Segment& mrg);
  absl::Status MoveVisit(const Segment& mrg, const Segment* pv1);
  absl::Status JoinVisit(std::int64_t former, std::int64_t from, std::int64_t into_visit);
  absl::Status MoveAccount(const Segment& mrg, const Segment& pid);
  absl::Status ChangeClass(const Segment& mrg, const Segment* pv1);
  absl::StatusOr<std::set<std::pair<std::int64_t, std::int64_t>>> VisitsUnder(std::int64_t account,
                                                                              std::int64_t person);
  // orders.cc
  void Order(const Segment& orc);
  void Timing(const Segment& tq1);
  std::string OrderKey(const Segment* obr) const;  // empty: the order has no number
  absl::StatusOr<std::int64_t> OrderId(std::string_view table, const std::string& key);
  absl::StatusOr<bool> HasOrder(std::string_view table, std::int64_t id);
  bool TakenBack() const;
  absl::Status Request(const Segment& obr);
  absl::Status DrugRequest(const Segment& rxo);
  absl::Status SetDrugOrder(CdmRow& row, const std::string& key);
  absl::Status TakeBack(const std::string& key);
  absl::Status FindOrder(const Segment& obr);

  std::int64_t PersonOf(const Segment& segment, std::size_t field) const;  // 0 if nobody
  std::int64_t AccountOf(const Segment& segment, std::size_t field) const;
  absl::StatusOr<Code> CodeOf(const Segment& segment, std::size_t field, std::string_view domain);
  Moment FirstOf(std::initializer_list<std::string> texts) const;
  void Own(CdmRow& row, const std::string& key) const;  // its number, person and visit
  absl::Status Write(const CdmRow& row, const Segment& segment);
  absl::Status Reject(const Segment& segment, std::string_view field, std::string_view reason);

  const Hl7Options& options_;
  CdmSink& sink_;
  std::map<std::string, std::uint64_t> unmapped_;
  // Of the message in hand.
  std::string_view file_;
  MessageText text_;
  std::int64_t person_id_ = 0, visit_id_ = 0;
  Moment sent_, ordered_;
  std::string order_;         // the filler's number of the order that results belong to
  std::int64_t stay_id_ = 0;  // the visit in hand, also one that is planned or was cancelled
  std::int64_t account_ = 0;  // PID-18; 0 if there is none

  // The order that the segments after an ORC belong to, and the request that results answer.
  struct {
    std::string control, status, placer, filler, group;
    Moment said, effective, start, end;
    std::string provider;
  } orc_;

  std::int64_t request_id_ = 0;  // of procedure_occurrence; 0 if none is known
  // Of this load.
  std::set<std::int64_t> requests_, taken_back_;  // of either table

  // YYYYMMDDHHMMSS of the visits' starts; 0 of those that were cancelled.
  struct Begun {
    std::int64_t person_id, start;
  };

  std::unordered_map<std::int64_t, Begun> visits_;
  std::set<std::pair<std::int64_t, std::int64_t>> accounts_;  // account, visit
  Places places_;
  VisitHistory history_;
  bool history_read_ = false;
};

}  // namespace essaim::hl7v2
