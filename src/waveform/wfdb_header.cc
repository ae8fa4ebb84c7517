#include "waveform/wfdb_header.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/csv_scanner.h"

namespace essaim::waveform {
namespace {

constexpr std::int64_t kSamplesMax = std::int64_t{1} << 40;

// What a format packs: `bytes` hold `samples` (signal(5)). 0 bytes: no fixed size.
struct Packing {
  std::int64_t samples, bytes;
};

const std::map<int, Packing>& Formats() {
  static const std::map<int, Packing> kFormats = {
      {0, {1, 0}},   {8, {1, 1}},   {16, {1, 2}},  {24, {1, 3}},  {32, {1, 4}},
      {61, {1, 2}},  {80, {1, 1}},  {160, {1, 2}}, {212, {2, 3}}, {310, {3, 4}},
      {311, {3, 4}}, {508, {1, 0}}, {516, {1, 0}}, {524, {1, 0}}};
  return kFormats;
}

absl::Status Wrong(const char* what) { return absl::InvalidArgumentError(what); }

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_of(" \t");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end);
  }
}

// Record and file names are letters, digits, '_', '-' and of files '.': no folder, no way out of
// the header's own.
bool IsName(std::string_view text, bool file) {
  if (text == "~") return true;
  return !text.empty() && text.size() <= 255 && text.front() != '.' &&
         std::ranges::all_of(text, [&](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
                  (file && c == '.');
         });
}

bool ReadCount(std::string_view text, std::int64_t max, std::int64_t& out) {
  return absl::SimpleAtoi(Av(text), &out) && out >= 0 && out <= max;
}

// "16x4:2+512": the number, then what follows each mark.
absl::Status ReadFormat(std::string_view text, Signal& signal) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::int64_t format = 0;
  if (!ReadCount(text.substr(0, end), 1'000, format) ||
      !Formats().contains(static_cast<int>(format)))
    return Wrong("a format of signal(5) was expected, as 16 or 212");
  signal.format = static_cast<int>(format);
  text.remove_prefix(end);
  while (!text.empty()) {
    const char mark = text[0];
    const std::size_t stop = std::min(text.find_first_of("x:+", 1), text.size());
    std::int64_t* const value = mark == 'x'   ? &signal.samples_per_frame
                                : mark == ':' ? &signal.skew
                                : mark == '+' ? &signal.offset
                                              : nullptr;
    if (value == nullptr || !ReadCount(text.substr(1, stop - 1), kSamplesMax, *value))
      return Wrong("the format: samples a frame (x), skew (:) or offset (+) were expected");
    text.remove_prefix(stop);
  }
  if (signal.samples_per_frame < 1 || signal.samples_per_frame > 1'000'000)
    return Wrong("the format: 1 to 1000000 samples a frame were expected");
  return absl::OkStatus();
}

// "200(1024)/mV".
absl::Status ReadGain(std::string_view text, Signal& signal) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) signal.units = text.substr(slash + 1, 50);
  const std::string_view number = text.substr(0, std::min(text.find('('), slash));
  if (!absl::SimpleAtod(Av(number), &signal.gain) || !std::isfinite(signal.gain))
    return Wrong("the gain: a number was expected");
  if (signal.gain == 0) signal.gain = 200;  // "not calibrated": the default
  return absl::OkStatus();
}

absl::Status ReadSignal(std::string_view line, WfdbHeader& header) {
  const std::vector<std::string_view> words = Words(line);
  if (words.size() < 2) return Wrong("a signal's file and format were expected");
  Signal signal;
  if (!IsName(words[0], true))
    return Wrong("a signal's file: a name without a folder was expected");
  signal.file = words[0];
  ESSAIM_RETURN_IF_ERROR(ReadFormat(words[1], signal));
  if (words.size() > 2) ESSAIM_RETURN_IF_ERROR(ReadGain(words[2], signal));
  if (words.size() > 3 && !ReadCount(words[3], 64, signal.resolution_bits))
    return Wrong("the resolution: 0 to 64 bits were expected");
  std::int64_t number = 0;
  for (std::size_t w = 4; w < std::min<std::size_t>(8, words.size()); ++w) {
    if (!absl::SimpleAtoi(Av(words[w]), &number))
      return Wrong("zero, initial value, checksum and block size: whole numbers were expected");
  }
  if (words.size() > 8) {
    signal.description = std::string(words[8].data(), line.data() + line.size());
    if (signal.description.size() > 250) signal.description.resize(250);
  }
  header.signals.push_back(std::move(signal));
  return absl::OkStatus();
}

// DD/MM/YYYY; empty of 0/0/0, which is how a header says that it does not know the day.
absl::StatusOr<std::string> ReadDate(std::string_view text) {
  int day = 0, month = 0, year = 0;
  const std::string owned(text.substr(0, 16));
  char rest = 0;
  if (std::sscanf(owned.c_str(), "%2d/%2d/%4d%c", &day, &month, &year, &rest) != 3)
    return Wrong("the base date: DD/MM/YYYY was expected");
  if (day == 0 && month == 0 && year == 0) return std::string();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (day < 1 || month < 1 || year < 1000 || !date.ok())
    return Wrong("the base date: a day of the calendar was expected, its year in four digits");
  return absl::StrFormat("%04d-%02d-%02d", year, month, day);
}

// HH:MM:SS, MM:SS or SS, perhaps with a fraction.
absl::StatusOr<std::string> ReadTime(std::string_view text) {
  std::int64_t seconds = 0;
  int parts = 0;
  std::string_view rest = text.substr(0, text.find('.'));
  while (true) {
    const std::size_t colon = rest.find(':');
    std::int64_t value = 0;
    if (++parts > 3 || !ReadCount(rest.substr(0, colon), parts == 1 ? 86'399 : 59, value))
      return Wrong("the base time: HH:MM:SS was expected");
    seconds = 60 * seconds + value;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (seconds >= 86'400) return Wrong("the base time: a time of the day was expected");
  return absl::StrFormat("%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

absl::Status ReadRecordLine(std::string_view line, WfdbHeader& header, std::int64_t& n_segments) {
  const std::vector<std::string_view> words = Words(line);
  if (words.size() < 2) return Wrong("a record's name and its number of signals were expected");
  const std::size_t slash = words[0].find('/');
  if (!IsName(words[0].substr(0, slash), false) || words[0].starts_with('~'))
    return Wrong("the record's name: letters, digits, _ and - were expected");
  header.record = words[0].substr(0, slash);
  n_segments = 0;
  if (slash != std::string_view::npos &&
      (!ReadCount(words[0].substr(slash + 1), kSegmentsMax, n_segments) || n_segments == 0))
    return Wrong("the number of segments: 1 to 100000 was expected");
  std::int64_t n_signals = 0;
  if (!ReadCount(words[1], kSignalsMax, n_signals))
    return Wrong("the number of signals: 0 to 10000 was expected");
  header.n_signals = static_cast<std::size_t>(n_signals);
  if (words.size() > 2) {
    const std::string_view frequency = words[2].substr(0, words[2].find('/'));
    if (!absl::SimpleAtod(Av(frequency), &header.frequency) || !std::isfinite(header.frequency) ||
        header.frequency <= 0)
      return Wrong("the sampling frequency: a number above 0 was expected");
  }
  if (words.size() > 3 && !ReadCount(words[3], kSamplesMax, header.n_samples))
    return Wrong("the number of samples: a whole number was expected");
  if (words.size() > 4) {
    ESSAIM_ASSIGN_OR_RETURN(header.base_time, ReadTime(words[4]));
  }
  if (words.size() > 5) {
    ESSAIM_ASSIGN_OR_RETURN(header.base_date, ReadDate(words[5]));
  }
  return absl::OkStatus();
}

absl::Status ReadSegment(std::string_view line, WfdbHeader& header) {
  const std::vector<std::string_view> words = Words(line);
  Segment segment;
  if (words.size() != 2 || !IsName(words[0], false) ||
      !ReadCount(words[1], kSamplesMax, segment.n_samples))
    return Wrong("a segment's name and its number of samples were expected");
  segment.record = words[0];
  header.segments.push_back(std::move(segment));
  return absl::OkStatus();
}

// "<age>: 69 <sex>: M <diagnoses>: (none)" and "age: 69" on lines of their own.
void ReadComment(std::string_view text, WfdbHeader& header) {
  const std::string lower = absl::AsciiStrToLower(Av(text));
  const std::map<std::string, std::string*> keys = {{"age", &header.age},
                                                    {"sex", &header.sex},
                                                    {"gender", &header.sex},
                                                    {"dx", &header.diagnoses},
                                                    {"diagnose", &header.diagnoses},
                                                    {"diagnoses", &header.diagnoses},
                                                    {"diagnosis", &header.diagnoses},
                                                    {"patient", &header.person},
                                                    {"subject", &header.person},
                                                    {"subject_id", &header.person}};

  struct Found {
    std::size_t key, value;
    std::string* target;
  };

  std::vector<Found> found;
  for (std::size_t colon = lower.find(':'); colon != std::string::npos;
       colon = lower.find(':', colon + 1)) {
    std::size_t end = colon;
    if (end > 0 && lower[end - 1] == '>') --end;
    std::size_t begin = end;
    while (begin > 0 && (absl::ascii_isalnum(static_cast<unsigned char>(lower[begin - 1])) ||
                         lower[begin - 1] == '_'))
      --begin;
    const auto key = keys.find(lower.substr(begin, end - begin));
    if (begin > 0 && lower[begin - 1] == '<') --begin;
    if (key != keys.end()) found.push_back({begin, colon + 1, key->second});
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t end = i + 1 < found.size() ? found[i + 1].key : text.size();
    std::string value(
        absl::StripAsciiWhitespace(Av(text.substr(found[i].value, end - found[i].value))));
    if (found[i].target->empty()) *found[i].target = value.substr(0, 250);
  }
}

}  // namespace

bool HasRecordLine(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::vector<std::string_view> words = Words(line.substr(0, line.find('\r')));
    if (words.empty() || words[0].starts_with('#')) continue;
    std::int64_t n = 0;
    return words.size() > 1 && IsName(words[0].substr(0, words[0].find('/')), false) &&
           absl::SimpleAtoi(Av(words[1]), &n);
  }
  return false;
}

absl::StatusOr<WfdbHeader> ReadWfdbHeader(std::string_view text) {
  if (text.size() > kHeaderBytesMax) return Wrong("line 1: a header larger than 4 MiB");
  if (!IsCleanUtf8(text)) return Wrong("line 1: bytes that are no UTF-8");
  WfdbHeader header;
  std::int64_t n_segments = -1;  // -1: the record line has not come
  std::uint64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#')) {
      ReadComment(line.substr(1), header);
      continue;
    }
    if (Words(line).empty()) continue;
    absl::Status read;
    if (n_segments < 0) {
      read = ReadRecordLine(line, header, n_segments);
    } else if (n_segments > 0 && header.segments.size() < static_cast<std::size_t>(n_segments)) {
      read = ReadSegment(line, header);
    } else if (n_segments == 0 && header.signals.size() < header.n_signals) {
      read = ReadSignal(line, header);
    } else {
      read = Wrong("the end, or a comment, was expected");
    }
    if (!read.ok())
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", read.message()));
  }
  if (n_segments < 0) return Wrong("line 1: the record line was expected");
  const std::size_t missing = n_segments > 0
                                  ? static_cast<std::size_t>(n_segments) - header.segments.size()
                                  : header.n_signals - header.signals.size();
  if (missing > 0)
    return absl::InvalidArgumentError(
        absl::StrCat("line ", number, ": ", missing, " more signals or segments were expected"));
  return header;
}

std::int64_t BytesOf(const WfdbHeader& header, std::string_view file) {
  std::int64_t a_frame = 0, offset = 0;
  Packing packing{1, 0};
  for (const Signal& signal : header.signals) {
    if (signal.file != file) continue;
    packing = Formats().at(signal.format);
    a_frame += signal.samples_per_frame;
    offset = std::max(offset, signal.offset);
  }
  if (packing.bytes == 0 || header.n_samples == 0) return -1;
  if (a_frame > kSamplesMax / header.n_samples) return -1;
  const std::int64_t n = a_frame * header.n_samples;
  return offset + (n * packing.bytes + packing.samples - 1) / packing.samples;
}

}  // namespace essaim::waveform
