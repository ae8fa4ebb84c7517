// What a site sends as its vector: EncodedVector, PackedVector, and the codecs' Decode after it.
// Whatever decodes must encode to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "secagg/codec.h"
#include "secagg/packed.h"
#include "secagg/shamir.h"

using essaim::secagg::Codec;
using essaim::secagg::EncodedVector;
using essaim::secagg::PackedCodec;
using essaim::secagg::PackedVector;
using essaim::secagg::Share;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t n_whole = data[0], n_real = data[1];
  const int bits = data[2];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const auto exact = EncodedVector::Decode(bytes, n_whole, n_real);
  if (exact.ok()) {
    ESSAIM_CHECK(exact->Encode() == bytes);
    const essaim::Layout layout{
        .blocks = {
            {.name = "n", .length = n_whole == 0 ? 0 : n_whole - 1, .bound = 1, .integral = true},
            {.name = "x", .length = n_real == 0 ? 0 : n_real - 1, .bound = 3}}};
    const auto codec = Codec::Plan(layout, 4, 1000);
    ESSAIM_CHECK(codec.ok());
    (void)codec->Decode(*exact, 3);
  }
  const auto packed = PackedVector::Decode(bytes, n_whole, bits);
  if (packed.ok()) {
    ESSAIM_CHECK(packed->Encode() == bytes);
    const auto codec =
        PackedCodec::Plan({.bound = 1, .bits = bits, .n_sites = 4, .length = n_real});
    if (codec.ok()) (void)codec->Decode(*packed, 3);
  }
  const auto share = Share::Decode(1, bytes);
  if (share.ok()) ESSAIM_CHECK(share->Encode() == bytes);
  return 0;
}
