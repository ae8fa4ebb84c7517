// Large bodies in frames of a mebibyte, put together again under a limit.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/limits.h"

namespace essaim::transport {

inline constexpr std::size_t kFrameBytes = std::size_t{1} << 20;
inline constexpr int kFrameBytesMax = 8 << 20;  // what a receiver accepts of one frame

// Calls `emit(part, more)` for each part of the body, at least once.
void SplitBody(std::string_view body,
               const std::function<void(std::string_view part, bool more)>& emit);

// Puts parts together. One stream's; not thread-safe.
class Assembler {
 public:
  // {true, body} once its last part is here, {false, ""} before. kInvalidArgument for an
  // interleaved body or one above limits::kMessageBytesMax.
  absl::StatusOr<std::pair<bool, std::string>> Take(const std::string& run_id, std::uint64_t number,
                                                    std::string_view part, bool more);

 private:
  std::string run_id_;
  std::uint64_t number_ = 0;
  std::string body_;
  bool open_ = false;
};

}  // namespace essaim::transport
