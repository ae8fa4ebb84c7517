// FHIR's date, dateTime and instant (R4, section 2.24.0.1) as the CDM's dates and times.
#pragma once

#include <string>
#include <string_view>

namespace essaim::fhir {

struct Moment {
  std::string date;  // YYYY-MM-DD; empty if there is none
  std::string time;  // YYYY-MM-DD HH:MM:SS
};

// The wall clock where it happened: an offset is dropped. A year or a month alone is its first day.
// Empty if the text is no FHIR date.
Moment WallClock(std::string_view text);
// The same in UTC, where the text has an offset.
Moment Utc(std::string_view text);

}  // namespace essaim::fhir
