#include "hl7v2/mapper.h"

#include <chrono>
#include <cmath>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::hl7v2 {

Moment MomentOf(std::string_view text) {
  const std::size_t end = text.find_first_of("+-.");
  if (end != std::string_view::npos) {
    std::string_view tail = text.substr(end);
    if (tail[0] == '.') tail = tail.substr(std::min(tail.find_first_of("+-"), tail.size()));
    if (!tail.empty() && tail.size() != 5) return {};  // +ZZZZ
    text = text.substr(0, end);
  }
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
  }
  if (text.size() < 4 || text.size() % 2 != 0) return {};
  const auto number = [&](std::size_t at, std::size_t n, int otherwise) {
    if (text.size() < at + n) return otherwise;
    int value = 0;
    for (std::size_t i = at; i < at + n; ++i) value = 10 * value + (text[i] - '0');
    return value;
  };
  const int h = number(8, 2, 0), m = number(10, 2, 0), s = number(12, 2, 0);
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4, 0)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2, 1))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2, 1)))};
  if (!day.ok() || static_cast<int>(day.year()) < 1 || h > 23 || m > 59 || s > 60) return {};
  char date[32], time[64];
  std::snprintf(date, sizeof date, "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  std::snprintf(time, sizeof time, "%s %02d:%02d:%02d", date, h, m, std::min(s, 59));
  return {.date = date, .time = time};
}

std::string_view VocabularyOf(std::string_view system) {
  static constexpr struct {
    std::string_view system, vocabulary;
  } kSystems[] = {
      {"LN", "LOINC"},      {"LOINC", "LOINC"},   {"SCT", "SNOMED"},    {"SNM", "SNOMED"},
      {"SNOMED", "SNOMED"}, {"I10", "ICD10"},     {"I10C", "ICD10CM"},  {"ICD10", "ICD10"},
      {"ICD-10", "ICD10"},  {"I9", "ICD9CM"},     {"I9C", "ICD9CM"},    {"CVX", "CVX"},
      {"NDC", "NDC"},       {"RXNORM", "RxNorm"}, {"RxNorm", "RxNorm"}, {"C4", "CPT4"},
      {"CPT4", "CPT4"},     {"CPT", "CPT4"},      {"UCUM", "UCUM"},     {"HCPCS", "HCPCS"},
      {"ATC", "ATC"},       {"WC", "ATC"},        {"I10P", "ICD10PCS"}};

  for (const auto& entry : kSystems) {
    if (entry.system == system) return entry.vocabulary;
  }
  return {};
}

namespace {

bool IsOrder(std::string_view type) {
  return type == "ORM" || type == "OML" || type == "OMG" || type == "OMI" || type == "OMP" ||
         type == "RDE";
}

}  // namespace

absl::Status Mapper::Map(const Message& message, std::string_view file, const MessageText& text) {
  file_ = file;
  text_ = text;
  person_id_ = visit_id_ = 0;
  order_.clear();
  orc_ = {};
  request_id_ = 0;
  stay_id_ = 0;
  ordered_ = {};
  const Segment& msh = message.segments()[0];
  sent_ = MomentOf(msh.Text(7));
  const std::string type = message.type();
  // Appointments and their like say what may happen, not what did.
  const bool planned = type == "SIU" || type == "SRM";
  if (planned) {
    ++unmapped_[absl::StrCat("messages of the type ", type, ": appointments")];
    return absl::OkStatus();
  }
  const Segment* pid = message.Find("PID");
  if (pid == nullptr) {
    ++unmapped_[absl::StrCat("messages of ", type.empty() ? "no type" : "the type ", type,
                             " without a patient")];
    return absl::OkStatus();
  }
  person_id_ = PersonOf(*pid, 3);
  if (person_id_ == 0) person_id_ = PersonOf(*pid, 2);
  if (person_id_ == 0) return Reject(*pid, "PID-3", "no identifier of the patient");
  account_ = AccountOf(*pid, 18);
  ESSAIM_RETURN_IF_ERROR(Patient(*pid));
  if (message.Find("MRG") != nullptr) {
    ESSAIM_RETURN_IF_ERROR(Moves(message));
  } else if (const Segment* pv1 = message.Find("PV1")) {
    ESSAIM_RETURN_IF_ERROR(Visit(message, *pv1));
  }
  return Segments(message);
}

absl::Status Mapper::Segments(const Message& message) {
  bool bare = false;  // a withdrawn order whose details have not come yet
  for (const Segment& s : message.segments()) {
    absl::Status done;
    if (s.name() == "OBR") {
      order_ = absl::StrCat(s.Text(3), "/", s.Text(2), "/", s.Text(4), "/", s.Text(1));
      ordered_ = FirstOf({s.Text(7), s.Text(22), s.Text(14)});
      done = IsOrder(message.type()) ? Request(s) : FindOrder(s);
    } else if (s.name() == "ORC") {
      // Two orders in a row, the first without details: a cancellation says no more.
      done = bare ? TakeBack(OrderKey(nullptr)) : absl::OkStatus();
      Order(s);
    } else if (s.name() == "TQ1") {
      Timing(s);
    } else if (s.name() == "RXO") {
      done = DrugRequest(s);
    } else if (s.name() == "DG1") {
      done = Diagnosis(s);
    } else if (s.name() == "AL1") {
      done = Allergy(s);
    } else if (s.name() == "PR1") {
      done = Procedure(s);
    } else if (s.name() == "OBX" && message.type() != "MDM") {
      done = Result(s);
    } else if (s.name() == "RXA") {
      done = Vaccination(s);
    } else if (s.name() == "RXE" || s.name() == "RXD") {
      done = Drug(s, s.name() == "RXD");
    } else if (s.name() == "IN1") {
      done = Insurance(s);
    } else if (s.name() == "TXA") {
      done = Note(message, s);
    }
    ESSAIM_RETURN_IF_ERROR(done);
    if (s.name() == "ORC") bare = IsOrder(message.type()) && TakenBack();
    if (s.name() == "OBR" || s.name() == "RXO" || s.name() == "RXE") bare = false;
  }
  return bare ? TakeBack(OrderKey(nullptr)) : absl::OkStatus();
}

// The medical record number where there is one, else the first identifier; its authority is part of
// who it is.
std::int64_t Mapper::PersonOf(const Segment& segment, std::size_t field) const {
  std::size_t chosen = 0;
  for (std::size_t r = 0; r < segment.Repetitions(field); ++r) {
    const std::string kind = segment.Text(field, 5, r);
    if (segment.Text(field, 1, r).empty() || (kind != "MR" && kind != "PI")) continue;
    chosen = r;
    break;
  }
  const std::string value = segment.Text(field, 1, chosen);
  if (value.empty()) return 0;
  return options_.ids->IdOf("person", segment.Text(field, 4, chosen), value);
}

// Not of a patient: who moves takes the account along. 0 if there is none.
std::int64_t Mapper::AccountOf(const Segment& segment, std::size_t field) const {
  const std::string number = segment.Text(field);
  return number.empty() ? 0 : options_.ids->IdOf("account", segment.Text(field, 4), number);
}

Moment Mapper::FirstOf(std::initializer_list<std::string> texts) const {
  for (const std::string& text : texts) {
    Moment moment = MomentOf(text);
    if (!moment.date.empty()) return moment;
  }
  return {};
}

void Mapper::Own(CdmRow& row, const std::string& key) const {
  const std::string table(row.table().name);
  // By the visit where there is one: its number stays when it moves to another patient.
  const std::string owner =
      stay_id_ != 0 ? absl::StrCat("visit/", stay_id_) : std::to_string(person_id_);
  row.Set(absl::StrCat(table, "_id"), options_.ids->IdOf(table, owner, "|" + key));
  row.Set("person_id", person_id_);
  if (visit_id_ != 0) row.Set("visit_occurrence_id", visit_id_);
}

absl::StatusOr<Mapper::Code> Mapper::CodeOf(const Segment& segment, std::size_t field,
                                            std::string_view domain) {
  Code code;
  for (const std::size_t first : {1, 4}) {  // the code and its alternate
    const std::string text = segment.Text(field, first);
    const std::string_view vocabulary = VocabularyOf(segment.Text(field, first + 2));
    if (text.empty()) continue;
    if (code.text.empty()) code.text = text;
    if (vocabulary.empty()) continue;
    ESSAIM_ASSIGN_OR_RETURN(const MappedCode* mapped, options_.vocabulary->Map(vocabulary, text));
    if (code.source == 0 && mapped->source.concept_id != 0) {
      code.source = mapped->source.concept_id;
      code.text = text;
    }
    for (const Concept& target : mapped->targets) {
      if (!domain.empty() && target.domain_id != domain) continue;
      code.standard = target.concept_id;
      code.domain = target.domain_id;
      code.source = mapped->source.concept_id;
      code.text = text;
      return code;
    }
  }
  if (code.text.empty()) code.text = segment.Text(field, 2);
  return code;
}

absl::Status Mapper::Write(const CdmRow& row, const Segment& segment) {
  const std::function<std::string()> raw = [&] { return std::string(text_.text); };
  return row.WriteTo(sink_, {.file = file_, .line = text_.line + segment.line() - 1, .raw = &raw});
}

absl::Status Mapper::Reject(const Segment& segment, std::string_view field,
                            std::string_view reason) {
  return sink_.Reject({.file = std::string(file_),
                       .line = text_.line + segment.line() - 1,
                       .column = std::string(field),
                       .reason = std::string(reason)},
                      text_.text);
}

}  // namespace essaim::hl7v2
