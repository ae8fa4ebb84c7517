// The operating system's randomness.
#pragma once

#include "base/entropy.h"

namespace essaim::crypto {

// getrandom(2). Thread-safe. Fill fails with kUnavailable if the kernel refuses; it never fills in
// part.
class SystemEntropy final : public Entropy {
 public:
  absl::Status Fill(std::span<std::uint8_t> out) override;
};

}  // namespace essaim::crypto
