// SHA-256 of a stream of pieces: for files that are read once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace essaim {

class StreamHash {
 public:
  StreamHash();
  StreamHash(StreamHash&&) noexcept;
  ~StreamHash();
  void Update(std::string_view piece);
  // 32 bytes, or empty if the library failed at any step; nothing may follow.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace essaim
