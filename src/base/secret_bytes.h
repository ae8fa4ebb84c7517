// Bytes that must not leak: move only, wiped on destruction, neither comparable nor printable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace essaim {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t n);                // zeros
  static SecretBytes CopyOf(std::string_view bytes);  // the caller still owns its own copy
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  SecretBytes Clone() const;

  std::size_t size() const { return size_; }

  bool empty() const { return size_ == 0; }

  std::uint8_t* data() { return data_.get(); }

  const std::uint8_t* data() const { return data_.get(); }

  std::span<const std::uint8_t> span() const { return {data_.get(), size_}; }

  // For handing to a cipher or a store that encrypts; never to a log.
  std::string_view view() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }

 private:
  void Wipe();
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0;
};

}  // namespace essaim
