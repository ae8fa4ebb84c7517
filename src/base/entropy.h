// Randomness, as a dependency. Production uses crypto/system_entropy.h; simulations use one seed.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/status.h"

namespace essaim {

class Entropy {
 public:
  virtual ~Entropy() = default;
  // Fills `out`. A failure must be passed on: a key made of unfilled bytes is no key.
  virtual absl::Status Fill(std::span<std::uint8_t> out) = 0;
};

}  // namespace essaim
