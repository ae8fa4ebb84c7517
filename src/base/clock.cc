#include "base/clock.h"

#include <chrono>
#include <cstdio>

namespace essaim {

std::int64_t SystemClock::NowMs() const {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string DayOf(std::int64_t ms) {
  using std::chrono::milliseconds;
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_time<milliseconds>(milliseconds(ms))));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

}  // namespace essaim
