// ParseUnit and ConvertText: whatever is accepted has a finite factor and converts to itself.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "ucum/ucum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto unit = essaim::ucum::ParseUnit(text);
  if (!unit.ok()) {
    static const auto kMetre = essaim::ucum::ParseUnit("m");
    (void)essaim::ucum::ConvertText(text, *kMetre, 18.0).ok();
    return 0;
  }
  ESSAIM_CHECK(std::isfinite(unit->factor) && unit->factor != 0);
  const auto same = essaim::ucum::Convert(*unit, *unit, std::nullopt);
  ESSAIM_CHECK(same.ok() && same->factor == 1 && same->shift == 0);
  ESSAIM_CHECK(essaim::ucum::ConvertText(text, *unit, std::nullopt).ok());
  return 0;
}
