#include "warehouse/cdm_cell.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "base/strings.h"

namespace essaim {
namespace {

// Most cells are these, and fit whatever they say.
bool IsShortNumber(std::string_view text) {
  constexpr std::size_t kDigits = 18;  // of 64 bits
  if (text.size() > kDigits) return false;
  bool digits = true;
  for (const char c : text) digits &= c >= '0' && c <= '9';
  return digits;
}

bool IsInteger(std::string_view text) {
  if (IsShortNumber(text)) return true;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsReal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

// The number in text[at, at + n), or -1.
int Digits(std::string_view text, std::size_t at, std::size_t n) {
  if (at + n > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  return value;
}

bool IsDashed(std::string_view text) {
  return text.size() >= 10 && text[4] == '-' && text[7] == '-';
}

// Whether there is a day at the front of the text, as YYYY-MM-DD or YYYYMMDD.
bool BeginsWithDay(std::string_view text) {
  const bool dashed = IsDashed(text);
  const int year = Digits(text, 0, 4), month = Digits(text, dashed ? 5 : 4, 2),
            day = Digits(text, dashed ? 8 : 6, 2);
  if (year < 1 || month < 1 || day < 1) return false;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok();  // no 30 February
}

// The day at the front of `text` as YYYY-MM-DD, and how many bytes it took; 0 if there is none.
std::size_t TakeDay(std::string_view text, std::string& out) {
  if (!BeginsWithDay(text)) return 0;
  const bool dashed = IsDashed(text);
  out.assign(text.substr(0, 4)).append("-").append(text.substr(dashed ? 5 : 4, 2)).append("-");
  out.append(text.substr(dashed ? 8 : 6, 2));
  return dashed ? 10 : 8;
}

// What comes out as it came in.
bool IsIsoDay(std::string_view text) {
  return text.size() == 10 && IsDashed(text) && BeginsWithDay(text);
}

bool IsIsoTime(std::string_view text) {
  if (text.size() != 19 || !IsDashed(text) || text[10] != ' ' || text[13] != ':' || text[16] != ':')
    return false;
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59 &&
         BeginsWithDay(text);
}

// "[T ]HH:MM[:SS[.fraction]][Z]", appended to `out` as " HH:MM:SS[.fraction]".
bool TakeTime(std::string_view text, std::string& out) {
  if (text.empty()) {
    out.append(" 00:00:00");
    return true;
  }
  const int hour = Digits(text, 1, 2), minute = Digits(text, 4, 2);
  if ((text[0] != 'T' && text[0] != ' ') || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      text[3] != ':')
    return false;
  out.append(" ").append(text.substr(1, 5));
  std::string_view rest = text.substr(6);
  if (rest.size() >= 3 && rest[0] == ':') {
    const int second = Digits(rest, 1, 2);
    if (second < 0 || second > 59) return false;
    out.append(rest.substr(0, 3));
    rest.remove_prefix(3);
    std::size_t end = rest.empty() || rest[0] != '.' ? 0 : 1;
    while (end > 0 && end < rest.size() && rest[end] >= '0' && rest[end] <= '9') ++end;
    out.append(rest.substr(0, std::min<std::size_t>(end, 7)));  // microseconds
    rest.remove_prefix(end);
  } else {
    out.append(":00");
  }
  return rest.empty() || rest == "Z" || rest == "+00:00" || rest == "+00";
}

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// In characters, not bytes.
std::size_t Length(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return n;
}

}  // namespace

const char* ReadCdmCell(const CdmField& field, std::string_view text, std::string& buffer,
                        std::optional<std::string_view>& cell) {
  std::string_view value = text;
  if (!text.empty() && (IsBlank(text.front()) || IsBlank(text.back()))) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(Av(text));
    value = std::string_view(trimmed.data(), trimmed.size());
  }
  cell = std::nullopt;
  if (value.empty()) return nullptr;
  cell = value;
  switch (field.type) {
    case CdmType::kInteger:
      return IsInteger(value) ? nullptr : "not an integer of 64 bits";
    case CdmType::kFloat:
      return IsReal(value) ? nullptr : "not a finite number";
    case CdmType::kDate: {
      if (IsIsoDay(value)) return nullptr;
      // A time is taken for its day, as the model's own loaders do.
      const std::size_t n = TakeDay(value, buffer);
      std::string time;
      if (n == 0 || !TakeTime(value.substr(n), time)) return "not a day, YYYY-MM-DD expected";
      cell = buffer;
      return nullptr;
    }
    case CdmType::kDateTime: {
      if (IsIsoTime(value)) return nullptr;
      const std::size_t n = TakeDay(value, buffer);
      if (n == 0 || !TakeTime(value.substr(n), buffer))
        return "not a time, YYYY-MM-DD HH:MM:SS expected";
      cell = buffer;
      return nullptr;
    }
    case CdmType::kText:
      return field.length > 0 && value.size() > static_cast<std::size_t>(field.length) &&
                     Length(value) > static_cast<std::size_t>(field.length)
                 ? "longer than the field holds"
                 : nullptr;
  }
  return nullptr;
}

}  // namespace essaim
