// An HL7 v2 message (2.3 to 2.8) in its default encoding, "vertical bars" (chapter 2, section 2.5).
//
// Tolerant where hospitals are: any line end, blanks before a segment, a byte-order mark, segments
// of one's own (Z...). Fields are kept as they came; Text undoes the escape sequences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::hl7v2 {

inline constexpr std::size_t kMessageBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kSegmentsMax = 100'000;

struct Delimiters {
  char field = '|', component = '^', repetition = '~', escape = '\\', subcomponent = '&';
};

class Segment {
 public:
  Segment(std::string name, std::vector<std::string> fields, std::uint64_t line,
          const Delimiters* delimiters)
      : name_(std::move(name)), fields_(std::move(fields)), line_(line), delimiters_(delimiters) {}

  const std::string& name() const { return name_; }

  std::uint64_t line() const { return line_; }  // within the text that was parsed, from 1

  // Fields, components and subcomponents are counted from 1 as the standard does, repetitions from
  // 0. Empty where there is none. HL7's null ("") is empty too.
  std::string Text(std::size_t field, std::size_t component = 1, std::size_t repetition = 0,
                   std::size_t subcomponent = 1) const;
  std::size_t Repetitions(std::size_t field) const;  // 0 if the field is empty
  std::string_view Raw(std::size_t field) const;

 private:
  std::string name_;
  std::vector<std::string> fields_;  // fields_[0] is field 1
  std::uint64_t line_;
  const Delimiters* delimiters_;
};

class Message {
 public:
  const std::vector<Segment>& segments() const { return segments_; }

  const Segment* Find(std::string_view name) const;  // the first of that name, or null

  const Delimiters& delimiters() const { return *delimiters_; }

  // "ADT" and "A01"; of a message without an event, as "ORU" alone, the event is empty.
  std::string type() const { return segments_[0].Text(9, 1); }

  std::string event() const { return segments_[0].Text(9, 2); }

 private:
  friend absl::StatusOr<Message> ParseMessage(std::string_view text);
  std::vector<Segment> segments_;  // the first is MSH
  std::unique_ptr<Delimiters> delimiters_;
};

// kInvalidArgument with "line N: ..."; kResourceExhausted: larger than the limits. Bytes that are
// no UTF-8 are read as ISO 8859-1, unless MSH-18 says UNICODE UTF-8.
absl::StatusOr<Message> ParseMessage(std::string_view text);

// The messages of a file: one or several, in a batch (FHS, BHS) or framed (MLLP) or not. Each with
// the line that it begins at.
struct MessageText {
  std::string_view text;
  std::uint64_t line = 1;
};

std::vector<MessageText> SplitMessages(std::string_view text);

}  // namespace essaim::hl7v2
