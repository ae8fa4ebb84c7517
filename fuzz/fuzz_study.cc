// ParseStudy: whatever is accepted has a source that is accepted again and gives the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "study/study.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto study = essaim::ParseStudy(text, nullptr);
  if (!study.ok()) return 0;
  const auto again = essaim::ParseStudy(study->source, nullptr);
  ESSAIM_CHECK(again.ok());
  ESSAIM_CHECK(again->source == study->source);
  return 0;
}
