#include "fhir/fhir_time.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace essaim::fhir {
namespace {

struct Parts {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;  // of the wall clock
  int offset = 0;                                                      // minutes east of Greenwich
};

// The number of the two digits at text[at], or -1.
int Two(std::string_view text, std::size_t at) {
  if (at + 2 > text.size()) return -1;
  const unsigned tens = static_cast<unsigned char>(text[at]) - unsigned{'0'},
                 ones = static_cast<unsigned char>(text[at + 1]) - unsigned{'0'};
  return tens > 9 || ones > 9 ? -1 : static_cast<int>(10 * tens + ones);
}

bool Is(std::string_view text, std::size_t at, char c) { return at < text.size() && text[at] == c; }

// hh:mm[:ss[.fff]][Z|+hh:mm]
bool ReadClock(std::string_view text, Parts& parts) {
  parts.hour = Two(text, 0);
  parts.minute = Two(text, 3);
  if (parts.hour < 0 || parts.hour > 23 || parts.minute < 0 || parts.minute > 59 ||
      !Is(text, 2, ':'))
    return false;
  std::size_t at = 5;
  if (Is(text, at, ':')) {
    const int second = Two(text, at + 1);
    if (second < 0 || second > 60) return false;
    parts.second = std::min(second, 59);
    at += 3;
    if (Is(text, at, '.')) {
      ++at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    }
  }
  if (at == text.size() || (Is(text, at, 'Z') && at + 1 == text.size())) return true;
  if (!Is(text, at, '+') && !Is(text, at, '-')) return false;
  const int hours = Two(text, at + 1), minutes = Two(text, at + 4);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 || !Is(text, at + 3, ':') ||
      at + 6 != text.size())
    return false;
  parts.offset = (hours * 60 + minutes) * (text[at] == '-' ? -1 : 1);
  return true;
}

bool IsDay(const Parts& parts) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (parts.year < 1 || parts.month < 1 || parts.month > 12 || parts.day < 1) return false;
  const bool is_29 = parts.month == 2 && parts.day == 29 && std::chrono::year(parts.year).is_leap();
  return parts.day <= kDays[parts.month - 1] || is_29;
}

bool Read(std::string_view text, Parts& parts) {
  const int century = Two(text, 0), year = Two(text, 2);
  if (century < 0 || year < 0) return false;
  parts.year = 100 * century + year;
  std::size_t end = 4;
  if (Is(text, 4, '-')) {
    parts.month = Two(text, 5);
    end = 7;
    if (Is(text, 7, '-')) {
      parts.day = Two(text, 8);
      end = 10;
    }
  }
  if (!IsDay(parts)) return false;
  if (end == text.size()) return true;
  return end == 10 && Is(text, 10, 'T') && ReadClock(text.substr(11), parts);
}

}  // namespace

Moment::Moment(int year, int month, int day, int hour, int minute, int second)
    : text_{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0',
            ' ', '0', '0', ':', '0', '0', ':', '0', '0'} {
  const auto put = [&](std::size_t at, int number) {
    text_[at] = static_cast<char>('0' + number / 10);
    text_[at + 1] = static_cast<char>('0' + number % 10);
  };
  put(0, year / 100);
  put(2, year % 100);
  put(5, month);
  put(8, day);
  put(11, hour);
  put(14, minute);
  put(17, second);
}

Moment WallClock(std::string_view text) {
  Parts p;
  if (!Read(text, p)) return {};
  return {p.year, p.month, p.day, p.hour, p.minute, p.second};
}

Moment Utc(std::string_view text) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): its names are all of it
  Parts p;
  if (!Read(text, p)) return {};
  if (p.offset == 0) return {p.year, p.month, p.day, p.hour, p.minute, p.second};
  const sys_days local{year(p.year) / p.month / p.day};
  const sys_seconds at = local + hours(p.hour) + minutes(p.minute - p.offset) + seconds(p.second);
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  const int y = static_cast<int>(date.year());
  if (y < 1 || y > 9999) return {};  // a zone may lead out of the first and the last
  return {y,
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count())};
}

}  // namespace essaim::fhir
