// WFDB headers: read whole, or refused with a line.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "waveform/wfdb_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = essaim::waveform::ReadWfdbHeader({reinterpret_cast<const char*>(data), size});
  if (!header.ok()) {
    ESSAIM_CHECK(header.status().message().substr(0, 5) == "line ");
    return 0;
  }
  ESSAIM_CHECK(!header->record.empty() && header->frequency > 0);
  ESSAIM_CHECK(header->multi_segment() || header->signals.size() == header->n_signals);
  for (const auto& signal : header->signals) {
    ESSAIM_CHECK(signal.file.find('/') == std::string::npos && signal.file[0] != '.');
    ESSAIM_CHECK(essaim::waveform::BytesOf(*header, signal.file) >= -1);
  }
  return 0;
}
