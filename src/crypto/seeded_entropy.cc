#include "crypto/seeded_entropy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace essaim::crypto {
namespace {

constexpr std::size_t kBlockBytes = 4080;  // HKDF gives at most 255 * 32 = 8,160 bytes

}  // namespace

SeededEntropy::SeededEntropy(SecretBytes seed, std::string_view label)
    : seed_(std::move(seed)), label_(label) {}

absl::Status SeededEntropy::Fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (used_ == block_.size()) {
      ByteWriter info;
      info.Bytes("essaim/seeded-entropy");
      info.Bytes(label_);
      info.U64(counter_++);
      block_ = Hkdf(seed_.span(), "", info.bytes(), kBlockBytes);
      used_ = 0;
    }
    const std::size_t n = std::min(out.size(), block_.size() - used_);
    std::memcpy(out.data(), block_.data() + used_, n);
    used_ += n;
    out = out.subspan(n);
  }
  return absl::OkStatus();
}

}  // namespace essaim::crypto
