// Result::Decode: whatever decodes must encode to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "algo/result.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto result = essaim::Result::Decode(bytes);
  if (result.ok()) ESSAIM_CHECK(result->Encode() == bytes);
  return 0;
}
