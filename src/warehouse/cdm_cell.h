// One cell of a CDM table, as text, checked against its field.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "omop/cdm.h"

namespace essaim {

// Trims blanks; an empty cell is NULL. Gives a reason, never the value, if the text is no value of
// the field: not an integer, not a day (YYYY-MM-DD or YYYYMMDD), not a time, longer than the field
// holds. Days and times come out as ISO 8601 in `buffer`, which the cell may point into.
const char* ReadCdmCell(const CdmField& field, std::string_view text, std::string& buffer,
                        std::optional<std::string_view>& cell);

}  // namespace essaim
