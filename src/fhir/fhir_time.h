// FHIR's date, dateTime and instant (R4, section 2.24.0.1) as the CDM's dates and times.
#pragma once

#include <array>
#include <string_view>

namespace essaim::fhir {

// A second, or nothing.
class Moment {
 public:
  Moment() = default;
  Moment(int year, int month, int day, int hour, int minute, int second);

  explicit operator bool() const { return text_[0] != '\0'; }

  std::string_view date() const { return {text_.data(), *this ? std::size_t{10} : 0}; }

  // YYYY-MM-DD HH:MM:SS
  std::string_view time() const { return {text_.data(), *this ? text_.size() : 0}; }

 private:
  std::array<char, 19> text_ = {};
};

// The wall clock where it happened: an offset is dropped. A year or a month alone is its first day.
// Nothing if the text is no FHIR date.
Moment WallClock(std::string_view text);
// The same in UTC, where the text has an offset.
Moment Utc(std::string_view text);

}  // namespace essaim::fhir
