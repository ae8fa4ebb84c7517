#include "base/secret_bytes.h"

#include <cstring>
#include <utility>

namespace essaim {

SecretBytes::SecretBytes(std::size_t n) : data_(std::make_unique<std::uint8_t[]>(n)), size_(n) {}

SecretBytes SecretBytes::CopyOf(std::string_view bytes) {
  SecretBytes s(bytes.size());
  if (!bytes.empty()) std::memcpy(s.data(), bytes.data(), bytes.size());
  return s;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    Wipe();
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() { Wipe(); }

SecretBytes SecretBytes::Clone() const { return CopyOf(view()); }

void SecretBytes::Wipe() {
  // explicit_bzero is never optimised away (glibc 2.25 and later).
  if (data_ != nullptr) explicit_bzero(data_.get(), size_);
}

}  // namespace essaim
