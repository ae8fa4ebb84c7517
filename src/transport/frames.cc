#include "transport/frames.h"

namespace essaim::transport {

void SplitBody(std::string_view body,
               const std::function<void(std::string_view part, bool more)>& emit) {
  do {
    const std::string_view part = body.substr(0, kFrameBytes);
    body.remove_prefix(part.size());
    emit(part, !body.empty());
  } while (!body.empty());
}

absl::StatusOr<std::pair<bool, std::string>> Assembler::Take(const std::string& run_id,
                                                             std::uint64_t number,
                                                             std::string_view part, bool more) {
  if (open_ && (run_id != run_id_ || number != number_))
    return absl::InvalidArgumentError("frames of two bodies mixed");
  if (body_.size() + part.size() > limits::kMessageBytesMax)
    return absl::InvalidArgumentError("a body above the limit");
  run_id_ = run_id;
  number_ = number;
  open_ = more;
  body_.append(part);
  if (more) return std::pair(false, std::string());
  return std::pair(true, std::exchange(body_, {}));
}

}  // namespace essaim::transport
