// libsodium picks the processor's fastest code once, and asks to be told to. Internal to crypto.
#pragma once

#include <sodium.h>

#include "base/check.h"

namespace essaim::crypto::internal {

// Before any other call into libsodium. Thread-safe; cheap after the first call.
inline void SodiumReady() {
  static const bool ready = sodium_init() >= 0;
  ESSAIM_CHECK(ready);
}

}  // namespace essaim::crypto::internal
