// Calendar days as YYYY-MM-DD.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace essaim::cohort {

// 2010-1-5, 2010-01-05 and 2010-01-05T00:00:00.000Z are 2010-01-05. nullopt: no day of the calendar
// (years 1 to 9999).
std::optional<std::string> CalendarDay(std::string_view text);

}  // namespace essaim::cohort
