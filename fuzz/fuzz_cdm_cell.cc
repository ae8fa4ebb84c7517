// Cells of CDM tables: what is taken for a day or a time is one in ISO 8601, and is taken again as
// itself.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "omop/cdm.h"
#include "warehouse/cdm_cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using essaim::CdmType;
  if (size < 1) return 0;
  const essaim::CdmField field{
      .name = "f", .type = static_cast<CdmType>(data[0] % 5), .length = data[0] / 5};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string buffer, again_buffer;
  std::optional<std::string_view> cell, again;
  if (essaim::ReadCdmCell(field, text, buffer, cell) != nullptr || !cell.has_value()) return 0;
  ESSAIM_CHECK(essaim::ReadCdmCell(field, *cell, again_buffer, again) == nullptr);
  ESSAIM_CHECK(again.has_value() && *again == *cell);
  if (field.type == CdmType::kDate) ESSAIM_CHECK(cell->size() == 10);
  if (field.type == CdmType::kDateTime) ESSAIM_CHECK(cell->size() >= 19 && cell->size() <= 26);
  return 0;
}
