#include "fhir/fhir_time.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace essaim::fhir {
namespace {

struct Parts {
  std::int64_t seconds = 0;  // of the wall clock, since 1970-01-01T00:00:00
  std::int64_t offset = 0;   // seconds east of Greenwich
};

std::optional<int> Digits(std::string_view text, std::size_t at, std::size_t n) {
  if (text.size() < at + n) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = 10 * value + (text[i] - '0');
  }
  return value;
}

bool Is(std::string_view text, std::size_t at, char c) { return at < text.size() && text[at] == c; }

// hh:mm[:ss[.fff]][Z|+hh:mm]
bool ReadClock(std::string_view text, Parts& parts) {
  const auto h = Digits(text, 0, 2), m = Digits(text, 3, 2);
  if (!h || !m || *h > 23 || *m > 59 || !Is(text, 2, ':')) return false;
  std::size_t at = 5;
  int s = 0;
  if (Is(text, at, ':')) {
    const auto seconds = Digits(text, at + 1, 2);
    if (!seconds || *seconds > 60) return false;
    s = std::min(*seconds, 59);
    at += 3;
    if (Is(text, at, '.')) {
      ++at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    }
  }
  parts.seconds += *h * 3600 + *m * 60 + s;
  if (at == text.size() || (Is(text, at, 'Z') && at + 1 == text.size())) return true;
  if (!Is(text, at, '+') && !Is(text, at, '-')) return false;
  const auto oh = Digits(text, at + 1, 2), om = Digits(text, at + 4, 2);
  if (!oh || !om || *oh > 14 || *om > 59 || !Is(text, at + 3, ':') || at + 6 != text.size())
    return false;
  parts.offset = (*oh * 3600 + *om * 60) * (text[at] == '-' ? -1 : 1);
  return true;
}

std::optional<Parts> Read(std::string_view text) {
  const auto y = Digits(text, 0, 4);
  if (!y || *y == 0) return std::nullopt;
  std::optional<int> m = 1, d = 1;
  std::size_t end = 4;
  if (Is(text, 4, '-')) {
    m = Digits(text, 5, 2);
    end = 7;
    if (Is(text, 7, '-')) {
      d = Digits(text, 8, 2);
      end = 10;
    }
  }
  if (!m || !d) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(*y),
                                        std::chrono::month(static_cast<unsigned>(*m)),
                                        std::chrono::day(static_cast<unsigned>(*d))};
  if (!day.ok()) return std::nullopt;
  Parts parts{.seconds = std::chrono::sys_days(day).time_since_epoch().count() * 86'400};
  if (end == text.size()) return parts;
  if (end != 10 || !Is(text, 10, 'T') || !ReadClock(text.substr(11), parts)) return std::nullopt;
  return parts;
}

void Two(char* at, int number) {
  at[0] = static_cast<char>('0' + number / 10);
  at[1] = static_cast<char>('0' + number % 10);
}

Moment MomentOf(std::int64_t seconds) {
  using std::chrono::floor, std::chrono::days;
  const std::chrono::sys_seconds at{std::chrono::seconds(seconds)};
  const std::chrono::year_month_day day(floor<days>(at));
  const auto in_day = static_cast<int>((at - floor<days>(at)).count());
  const int year = static_cast<int>(day.year());
  if (year < 1 || year > 9999) return {};  // a zone may lead out of the first and the last
  char text[] = "0000-00-00 00:00:00";
  Two(text, year / 100);
  Two(text + 2, year % 100);
  Two(text + 5, static_cast<int>(static_cast<unsigned>(day.month())));
  Two(text + 8, static_cast<int>(static_cast<unsigned>(day.day())));
  Two(text + 11, in_day / 3600);
  Two(text + 14, in_day / 60 % 60);
  Two(text + 17, in_day % 60);
  return {.date = std::string(text, 10), .time = text};
}

}  // namespace

Moment WallClock(std::string_view text) {
  const auto parts = Read(text);
  return parts.has_value() ? MomentOf(parts->seconds) : Moment();
}

Moment Utc(std::string_view text) {
  const auto parts = Read(text);
  return parts.has_value() ? MomentOf(parts->seconds - parts->offset) : Moment();
}

}  // namespace essaim::fhir
