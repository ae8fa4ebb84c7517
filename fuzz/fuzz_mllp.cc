// MLLP frames: in one piece or byte by byte, the same messages come out.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "hl7v2/mllp.h"

namespace {

std::vector<std::string> Decode(std::string_view bytes, std::size_t step) {
  essaim::hl7v2::MllpDecoder decoder;
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (!decoder.Put(bytes.substr(at, step)).ok()) break;
    while (auto message = decoder.Next()) messages.push_back(*message);
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = Decode(bytes, size + 1), pieces = Decode(bytes, 1);
  ESSAIM_CHECK(whole == pieces);
  for (const std::string& message : whole) {
    const auto again = Decode(essaim::hl7v2::Frame(message), 3);
    ESSAIM_CHECK(again.size() == 1 && again[0] == message);
  }
  return 0;
}
