// One HL7 v2 message to rows of the CDM; docs/hl7v2.md tells the rules.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "hl7v2/hl7_files.h"
#include "hl7v2/message.h"
#include "source/cdm_row.h"
#include "warehouse/cdm_source.h"

namespace essaim::hl7v2 {

// HL7's DTM (chapter 2A): YYYY[MM[DD[HH[MM[SS[.S]]]]]][+ZZZZ]. The wall clock; a year or a month
// alone is its first day. Empty if the text is none.
struct Moment {
  std::string date, time;  // YYYY-MM-DD, YYYY-MM-DD HH:MM:SS
};

Moment MomentOf(std::string_view text);

// A coding system's name in a coded field (table 0396) to OMOP's vocabulary_id; empty if unknown.
std::string_view VocabularyOf(std::string_view system);

class Mapper {
 public:
  Mapper(const Hl7Options& options, CdmSink& sink) : options_(options), sink_(sink) {}

  // The engine's and the sink's errors; a segment without what its row needs is rejected.
  absl::Status Map(const Message& message, std::string_view file, const MessageText& text);

  // What has no place in the CDM, counted: "messages of the type SIU".
  const std::map<std::string, std::uint64_t>& unmapped() const { return unmapped_; }

 private:
  struct Code {
    std::int64_t standard = 0, source = 0;
    std::string domain, text;  // the code, or the text where there is none
  };

  absl::Status Segments(const Message& message);
  absl::Status Patient(const Segment& pid);
  absl::Status Merge(const Segment& mrg);
  absl::Status Visit(const Message& message, const Segment& pv1);
  absl::Status Diagnosis(const Segment& dg1);
  absl::Status Allergy(const Segment& al1);
  absl::Status Procedure(const Segment& pr1);
  absl::Status Result(const Segment& obx);
  absl::Status Vaccination(const Segment& rxa);
  absl::Status Drug(const Segment& rx, bool dispensed);
  absl::Status Insurance(const Segment& in1);
  absl::Status Note(const Message& message, const Segment& txa);
  // orders.cc
  void Order(const Segment& orc);
  void Timing(const Segment& tq1);
  std::string OrderKey(const Segment* obr) const;  // empty: the order has no number
  std::int64_t OrderId(std::string_view table, const std::string& key) const;
  bool TakenBack() const;
  absl::Status Request(const Segment& obr);
  absl::Status DrugRequest(const Segment& rxo);
  absl::Status TakeBack(const std::string& key);
  absl::Status FindOrder(const Segment& obr);

  std::int64_t PersonOf(const Segment& segment, std::size_t field) const;  // 0 if nobody
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
  std::string order_;  // the filler's number of the order that results belong to
  std::string visit_key_;

  // The order that the segments after an ORC belong to, and the request that results answer.
  struct {
    std::string control, status, placer, filler, group;
    Moment said, effective, start, end;
    std::string provider;
  } orc_;

  std::int64_t request_id_ = 0;  // of procedure_occurrence; 0 if none is known
  // Of this load.
  std::set<std::int64_t> requests_, taken_back_;
};

}  // namespace essaim::hl7v2
