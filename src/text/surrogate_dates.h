// A date in a note, as it is written, some days later.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace essaim::text {

// "12/03/2020", "12.3.20", "2020-03-12", "12 mars 2020", "1er mars 2019", "March 3rd, 2021",
// "12-MAR-2019", "lundi 12 mars 2018": in the same form, the day of the week with it. Nothing where
// the day, the month or the year is not said, where day and month could each be the other and
// `day_first` is false, or of another form.
std::optional<std::string> MoveWrittenDate(std::string_view text, int days, bool day_first);

}  // namespace essaim::text
