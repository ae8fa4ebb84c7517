#include "hl7v2/message.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/utf8.h"

namespace essaim::hl7v2 {
namespace {

// The n-th part from 0; empty if there are fewer.
std::string_view Part(std::string_view text, char delimiter, std::size_t n) {
  while (true) {
    const std::size_t end = text.find(delimiter);
    if (n == 0) return text.substr(0, end);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
    --n;
  }
}

int HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// What stands between two escape characters (section 2.7). Unknown ones are left out.
std::string Unescaped(std::string_view sequence, const Delimiters& d) {
  if (sequence == "F") return std::string(1, d.field);
  if (sequence == "S") return std::string(1, d.component);
  if (sequence == "T") return std::string(1, d.subcomponent);
  if (sequence == "R") return std::string(1, d.repetition);
  if (sequence == "E") return std::string(1, d.escape);
  if (sequence.starts_with(".br") || sequence.starts_with(".sp") || sequence == ".ce") return "\n";
  std::string bytes;
  if (sequence.starts_with("X")) {
    for (std::size_t i = 1; i + 1 < sequence.size(); i += 2) {
      const int high = HexOf(sequence[i]), low = HexOf(sequence[i + 1]);
      if (high < 0 || low < 0) return "";
      bytes += static_cast<char>(16 * high + low);
    }
    if (Utf8Prefix(bytes) != bytes.size()) return "";
  }
  return bytes;
}

std::string Unescape(std::string_view text, const Delimiters& d) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != d.escape) {
      out += text[i];
      continue;
    }
    const std::size_t end = text.find(d.escape, i + 1);
    // A lone escape character is itself: a path of Windows, say.
    if (end == std::string_view::npos || end - i > 64) {
      out += text[i];
      continue;
    }
    out += Unescaped(text.substr(i + 1, end - i - 1), d);
    i = end;
  }
  return out;
}

bool IsSegmentName(std::string_view name) {
  return name.size() == 3 && std::ranges::all_of(name, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

bool IsFraming(char c) { return c == '\x0b' || c == '\x1c'; }

absl::Status Wrong(std::uint64_t line, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", std::string(what)));
}

// MSH-1 and MSH-2: the delimiters, each another character.
absl::StatusOr<Delimiters> ReadDelimiters(std::string_view line) {
  if (line.size() < 8 || !line.starts_with("MSH"))
    return Wrong(1, "expected MSH with its delimiters, as MSH|^~\\&|");
  Delimiters d{.field = line[3], .component = line[4], .repetition = line[5]};
  d.escape = line[6] == d.field ? '\0' : line[6];
  d.subcomponent = line[6] == d.field || line[7] == d.field ? '\0' : line[7];
  const char all[] = {d.field, d.component, d.repetition};
  for (int i = 0; i < 3; ++i) {
    const auto byte = static_cast<unsigned char>(all[i]);
    const bool letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z');
    if (byte <= ' ' || byte >= 0x7f || letter || std::count(all, all + 3, all[i]) > 1)
      return Wrong(1, "MSH-2: expected delimiters, each another character");
  }
  return d;
}

}  // namespace

std::string_view Segment::Raw(std::size_t field) const {
  return field == 0 || field > fields_.size() ? std::string_view() : fields_[field - 1];
}

std::size_t Segment::Repetitions(std::size_t field) const {
  const std::string_view raw = Raw(field);
  if (raw.empty()) return 0;
  return 1 + static_cast<std::size_t>(std::ranges::count(raw, delimiters_->repetition));
}

std::string Segment::Text(std::size_t field, std::size_t component, std::size_t repetition,
                          std::size_t subcomponent) const {
  std::string_view text = Raw(field);
  if (name_ == "MSH" && field <= 2) return std::string(text);
  text = Part(text, delimiters_->repetition, repetition);
  text = Part(text, delimiters_->component, component - 1);
  if (delimiters_->subcomponent != '\0')
    text = Part(text, delimiters_->subcomponent, subcomponent - 1);
  if (text == "\"\"") return "";
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return delimiters_->escape == '\0' ? std::string(text) : Unescape(text, *delimiters_);
}

const Segment* Message::Find(std::string_view name) const {
  const auto found = std::ranges::find(segments_, name, &Segment::name);
  return found == segments_.end() ? nullptr : &*found;
}

absl::StatusOr<Message> ParseMessage(std::string_view text) {
  if (text.size() > kMessageBytesMax)
    return absl::ResourceExhaustedError(
        absl::StrCat("a message larger than ", kMessageBytesMax >> 20, " MiB"));
  const std::string owned =
      Utf8Prefix(text) == text.size() ? std::string(text) : Utf8OfLatin1(text);
  std::string_view rest = owned;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  Message message;
  std::uint64_t line = 0;
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of("\r\n");
    std::string_view row = rest.substr(0, end);
    ++line;
    if (end == std::string_view::npos) {
      rest = {};
    } else {
      const bool both = rest.substr(end, 2) == "\r\n";
      rest.remove_prefix(end + (both ? 2 : 1));
    }
    while (!row.empty() && (row.front() == ' ' || row.front() == '\t' || IsFraming(row.front())))
      row.remove_prefix(1);
    while (!row.empty() && IsFraming(row.back())) row.remove_suffix(1);
    if (row.empty()) continue;
    const bool first = message.segments_.empty();
    if (first) {
      const absl::StatusOr<Delimiters> d = ReadDelimiters(row);
      if (!d.ok()) return d.status();
      message.delimiters_ = std::make_unique<Delimiters>(*d);
    }
    const char bar = message.delimiters_->field;
    const std::string name(row.substr(0, 3));
    if (!IsSegmentName(name) || (row.size() > 3 && row[3] != bar))
      return Wrong(line, "expected a segment: three letters and the field's delimiter");
    if (message.segments_.size() >= kSegmentsMax)
      return absl::ResourceExhaustedError(
          absl::StrCat("a message of more than ", kSegmentsMax, " segments"));
    std::vector<std::string> fields;
    if (name == "MSH") fields.emplace_back(1, bar);
    std::string_view body = row.size() > 3 ? row.substr(4) : std::string_view();
    while (row.size() > 3) {
      const std::size_t stop = body.find(bar);
      fields.emplace_back(body.substr(0, stop));
      if (stop == std::string_view::npos) break;
      body.remove_prefix(stop + 1);
    }
    message.segments_.emplace_back(name, std::move(fields), line, message.delimiters_.get());
  }
  if (message.segments_.empty()) return Wrong(1, "expected MSH");
  return message;
}

std::vector<MessageText> SplitMessages(std::string_view text) {
  std::vector<MessageText> messages;
  std::uint64_t line = 0;
  std::size_t begin = std::string_view::npos, at = 0;
  std::uint64_t begin_line = 1;
  while (at < text.size()) {
    std::size_t end = text.find_first_of("\r\n", at);
    if (end == std::string_view::npos) end = text.size();
    ++line;
    std::string_view row = text.substr(at, end - at);
    while (!row.empty() && (row.front() == ' ' || IsFraming(row.front()))) row.remove_prefix(1);
    if (row.starts_with("\xEF\xBB\xBF")) row.remove_prefix(3);
    const std::string_view name = row.substr(0, 3);
    const bool wrapper = name == "FHS" || name == "BHS" || name == "BTS" || name == "FTS";
    if (name == "MSH" || wrapper) {
      if (begin != std::string_view::npos)
        messages.push_back({text.substr(begin, at - begin), begin_line});
      begin = wrapper ? std::string_view::npos : at;
      begin_line = line;
    } else if (begin == std::string_view::npos && !row.empty() && messages.empty()) {
      begin = at;  // no message; ParseMessage says so
      begin_line = line;
    }
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  if (begin != std::string_view::npos) messages.push_back({text.substr(begin), begin_line});
  return messages;
}

}  // namespace essaim::hl7v2
