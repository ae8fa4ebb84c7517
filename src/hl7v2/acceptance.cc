#include "hl7v2/acceptance.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "hl7v2/mapper.h"
#include "warehouse/cdm_sinks.h"

namespace essaim::hl7v2 {
namespace {

class NoVocabulary : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view, std::string_view) override {
    return &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode none_;
};

// Keeps no row: only whether there was one, and the first fault.
class Witness : public NullSink {
 public:
  absl::Status Row(const CdmTable&, std::span<const std::optional<std::string_view>>,
                   const RowOrigin&) override {
    useful_ = true;
    return absl::OkStatus();
  }

  absl::Status Reject(const BadRow& fault, std::string_view) override {
    if (!fault_.has_value()) fault_ = fault;
    return absl::OkStatus();
  }

  absl::Status Remove(const CdmTable&, std::int64_t) override {
    useful_ = true;
    return absl::OkStatus();
  }

  absl::Status MergePersons(std::int64_t, std::int64_t) override {
    useful_ = true;
    return absl::OkStatus();
  }

  absl::Status JoinVisits(std::int64_t, std::int64_t) override {
    useful_ = true;
    return absl::OkStatus();
  }

  absl::Status MoveVisit(std::int64_t, std::int64_t, std::int64_t) override {
    useful_ = true;
    return absl::OkStatus();
  }

  bool useful() const { return useful_; }

  const std::optional<BadRow>& fault() const { return fault_; }

 private:
  bool useful_ = false;
  std::optional<BadRow> fault_;
};

// "PID-7" of the segment at that line to "PID^1^7", its place among those of its name.
std::string LocationOf(const Message& message, const BadRow& fault) {
  const std::size_t dash = fault.column.find('-');
  if (dash == std::string::npos) return "";
  const std::string name = fault.column.substr(0, dash);
  int place = 0;
  for (const Segment& s : message.segments()) {
    if (s.name() == name) ++place;
    if (s.line() == fault.line) break;
  }
  return absl::StrCat(name, "^", place, "^", fault.column.substr(dash + 1));
}

bool Wants(const std::string& condition, AckCode code) {
  if (condition == "AL") return true;
  if (condition == "ER") return code != AckCode::kAccept;
  return condition == "SU" && code == AckCode::kAccept;
}

}  // namespace

Ack Judge(const Message& message, const JudgeOptions& options) {
  const Segment& msh = message.segments()[0];
  const std::string version = msh.Text(12), processing = msh.Text(11);
  if (!version.empty() && !version.starts_with("2."))
    return {.code = AckCode::kReject,
            .error = 203,
            .location = "MSH^1^12",
            .text = "MSH-12: version 2.1 to 2.9 was expected"};
  if (message.type().empty())
    return {.code = AckCode::kReject,
            .error = 200,
            .location = "MSH^1^9",
            .text = "MSH-9: no type of message"};
  if (msh.Text(10).empty())
    return {.code = AckCode::kReject,
            .error = 101,
            .location = "MSH^1^10",
            .text = "MSH-10: no control id, by which an answer is known"};
  if (!processing.empty() &&
      (processing.size() > 1 || options.processing_ids.find(processing) == std::string_view::npos))
    return {.code = AckCode::kReject,
            .error = 202,
            .location = "MSH^1^11",
            .text = absl::StrCat("MSH-11: taken here: ", std::string(options.processing_ids))};
  NoVocabulary vocabulary;
  Witness witness;
  const Hl7Options mapping{.ids = options.ids, .vocabulary = &vocabulary};
  Mapper mapper(mapping, witness);
  const absl::Status mapped = mapper.Map(message, "", {.text = "", .line = 1});
  if (!mapped.ok())
    return {.code = AckCode::kError, .error = 207, .text = "it could not be looked at"};
  if (witness.useful() || !witness.fault().has_value()) return {};
  const BadRow& fault = *witness.fault();
  return {.code = AckCode::kError,
          .error = 101,
          .location = LocationOf(message, fault),
          .text = absl::StrCat(fault.column, ": ", fault.reason)};
}

WantedAcks WantedBy(const Message& message, AckCode code) {
  const Segment& msh = message.segments()[0];
  const std::string commit = msh.Text(15), application = msh.Text(16);
  if (commit.empty() && application.empty()) return {};
  return {.commit = Wants(commit, code), .application = Wants(application, code)};
}

}  // namespace essaim::hl7v2
