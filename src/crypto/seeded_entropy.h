// Deterministic randomness: everything follows from one secret seed.
//
// A node persists one seed a run and derives every key from it, so that after a crash it says the
// same bytes again; simulations draw everything from one seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

// Blocks HKDF(seed, label, counter) of 4,080 bytes, in order. Not thread-safe.
class SeededEntropy final : public Entropy {
 public:
  // `label` separates the streams of one seed.
  SeededEntropy(SecretBytes seed, std::string_view label);

  absl::Status Fill(std::span<std::uint8_t> out) override;

 private:
  SecretBytes seed_;
  std::string label_;
  std::uint64_t counter_ = 0;
  SecretBytes block_;
  std::size_t used_ = 0;
};

}  // namespace essaim::crypto
