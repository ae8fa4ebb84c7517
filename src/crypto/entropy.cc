#include "crypto/entropy.h"

#include <sys/random.h>

#include <cerrno>

namespace essaim::crypto {

absl::Status SystemEntropy::Fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return absl::UnavailableError("the operating system gives no randomness");
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace essaim::crypto
