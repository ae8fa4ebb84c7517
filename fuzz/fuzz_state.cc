// State::Decode: whatever decodes must encode to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "algo/state.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto state = essaim::State::Decode(bytes);
  if (state.ok()) ESSAIM_CHECK(state->Encode() == bytes);
  return 0;
}
