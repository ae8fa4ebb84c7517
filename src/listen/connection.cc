#include "listen/connection.h"

#include <utility>

#include "base/status_macros.h"

namespace essaim::listen {

Connection::Connection(std::unique_ptr<crypto::TlsSession> tls, const ConnectionLimits& limits,
                       std::int64_t now_ms)
    : tls_(std::move(tls)),
      limits_(limits),
      decoder_(limits.message_bytes_max),
      begun_ms_(now_ms),
      heard_ms_(now_ms) {}

absl::Status Connection::Take(std::string_view wire, std::int64_t now_ms) {
  const bool between = decoder_.buffered() == 0;
  absl::Status taken;
  if (tls_ == nullptr) {
    taken = decoder_.Put(wire);
  } else {
    std::string plain;
    taken = tls_->Take(wire, plain);
    Collect(now_ms);
    if (!plain.empty()) {
      const absl::Status put = decoder_.Put(plain);
      if (taken.ok()) taken = put;
    }
  }
  if (decoder_.buffered() > 0) heard_ms_ = now_ms;
  if (between && decoder_.buffered() > 0) message_ms_ = now_ms;
  return taken;
}

std::optional<std::string> Connection::Next() {
  std::optional<std::string> message = decoder_.Next();
  // What is left is the beginning of the next message: its time begins here.
  if (message.has_value()) message_ms_ = heard_ms_;
  return message;
}

absl::Status Connection::Answer(std::string_view bytes, std::int64_t now_ms) {
  if (bytes.empty()) return absl::OkStatus();
  if (tls_ != nullptr) {
    ESSAIM_RETURN_IF_ERROR(tls_->Put(bytes));
    Collect(now_ms);
    return absl::OkStatus();
  }
  if (unsent().empty()) unsent_ms_ = now_ms;
  out_.append(bytes);
  return absl::OkStatus();
}

void Connection::End() {
  if (tls_ == nullptr) return;
  tls_->End();
  Collect(heard_ms_);
}

void Connection::Collect(std::int64_t now_ms) {
  const std::string wire = tls_->Wire();
  if (wire.empty()) return;
  if (unsent().empty()) unsent_ms_ = now_ms;
  out_.append(wire);
}

void Connection::Sent(std::size_t n, std::int64_t now_ms) {
  sent_ += n;
  unsent_ms_ = now_ms;
  if (sent_ < out_.size()) return;
  out_.clear();
  sent_ = 0;
}

std::string_view Connection::Overdue(std::int64_t now_ms) const {
  if (tls_ != nullptr && !tls_->established() && now_ms - begun_ms_ > limits_.handshake_ms_max)
    return "the TLS handshake took too long";
  if (!unsent().empty() && now_ms - unsent_ms_ > limits_.unread_ms_max)
    return "the answers are not read";
  if (decoder_.buffered() > 0 && now_ms - message_ms_ > limits_.message_ms_max)
    return "a message took too long";
  if (now_ms - heard_ms_ > limits_.idle_ms_max) return "nothing came for too long";
  return {};
}

}  // namespace essaim::listen
