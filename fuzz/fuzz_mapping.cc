// Mapping files: what is read names tables and fields of the CDM, and faults have a place.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "mapping/mapped_files.h"
#include "mapping/mapping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mapping = essaim::mapping::ParseMapping(text);
  if (mapping.ok()) {
    for (const auto& table : mapping->tables) {
      ESSAIM_CHECK(table.to != nullptr);
      for (const auto& rule : table.rules) ESSAIM_CHECK(rule.field != nullptr);
    }
  } else {
    ESSAIM_CHECK(!mapping.status().message().empty());
  }
  const std::size_t half = size / 2;
  const std::string day = essaim::mapping::ReadDate(text.substr(0, half), text.substr(half));
  ESSAIM_CHECK(day.empty() || day.size() == 10 || day.size() == 19);
  return 0;
}
