#include "cohort/dates.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace essaim::cohort {

std::optional<std::string> CalendarDay(std::string_view text) {
  text = text.substr(0, text.find('T'));
  int parts[3] = {};
  for (int i = 0; i < 3; ++i) {
    const std::size_t dash = i < 2 ? text.find('-') : text.size();
    if (dash == std::string_view::npos || dash == 0 || dash > 4) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + dash, parts[i]);
    if (error != std::errc() || end != text.data() + dash || parts[i] < 1) return std::nullopt;
    text.remove_prefix(i < 2 ? dash + 1 : dash);
  }
  const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                        std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!day.ok()) return std::nullopt;
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", parts[0], parts[1], parts[2]);
  return std::string(buffer);
}

}  // namespace essaim::cohort
