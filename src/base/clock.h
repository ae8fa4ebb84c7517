// Time, as a dependency. State machines are given the time; only main() owns a real clock.
#pragma once

#include <cstdint>
#include <string>

namespace essaim {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t NowMs() const = 0;  // milliseconds since 1970-01-01T00:00:00Z
};

class SystemClock final : public Clock {
 public:
  std::int64_t NowMs() const override;
};

// The day in UTC, YYYY-MM-DD.
std::string DayOf(std::int64_t ms);

}  // namespace essaim
