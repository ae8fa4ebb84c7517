#include "crypto/stream_hash.h"

#include <openssl/evp.h>

#include <array>

namespace essaim {

struct StreamHash::State {
  State() : context(EVP_MD_CTX_new()) {
    ok = context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1;
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() { EVP_MD_CTX_free(context); }

  EVP_MD_CTX* context;
  bool ok;
};

StreamHash::StreamHash() : state_(std::make_unique<State>()) {}

StreamHash::StreamHash(StreamHash&&) noexcept = default;
StreamHash::~StreamHash() = default;

void StreamHash::Update(std::string_view piece) {
  state_->ok = state_->ok && EVP_DigestUpdate(state_->context, piece.data(), piece.size()) == 1;
}

std::string StreamHash::Finish() {
  std::array<unsigned char, 32> digest{};
  unsigned int n = 0;
  state_->ok = state_->ok && EVP_DigestFinal_ex(state_->context, digest.data(), &n) == 1;
  const bool whole = state_->ok && n == digest.size();
  state_->ok = false;
  return whole ? std::string(reinterpret_cast<const char*>(digest.data()), digest.size()) : "";
}

}  // namespace essaim
