// One sender's connection: bytes of the network to messages, acknowledgements back, and when to
// give it up. Without a socket and without a clock.
//
// A sender costs at most `message_bytes_max` of memory and what is unsent; it is dropped when it
// leaves a message or the handshake unfinished (slowly or not), says nothing for long, or does not
// read its answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "crypto/tls_session.h"
#include "hl7v2/mllp.h"

namespace essaim::listen {

struct ConnectionLimits {
  std::size_t message_bytes_max = hl7v2::kMessageBytesMax;
  std::int64_t handshake_ms_max = 10'000;
  std::int64_t message_ms_max = 60'000;   // from a message's first byte to its last
  std::int64_t idle_ms_max = 3'600'000;   // between two messages
  std::int64_t unread_ms_max = 30'000;    // while answers wait and none is taken
  std::size_t unread_bytes_max = 65'536;  // beyond it nothing more is read from the sender
};

class Connection {
 public:
  // `tls` may be null: plain.
  Connection(std::unique_ptr<crypto::TlsSession> tls, const ConnectionLimits& limits,
             std::int64_t now_ms);

  // Bytes of the network. After an error nothing more is taken, but there may be bytes to send.
  absl::Status Take(std::string_view wire, std::int64_t now_ms);
  std::optional<std::string> Next();  // the next whole message

  const absl::Status& status() const { return decoder_.status(); }

  absl::Status Answer(std::string_view bytes, std::int64_t now_ms);
  void End();  // the polite end of TLS

  std::string_view unsent() const { return std::string_view(out_).substr(sent_); }

  void Sent(std::size_t n, std::int64_t now_ms);

  bool wants_more() const { return unsent().size() < limits_.unread_bytes_max; }

  bool peer_ended() const { return tls_ != nullptr && tls_->peer_ended(); }

  std::size_t buffered() const { return decoder_.buffered() + out_.size(); }  // bytes

  // Why it is to be closed now; empty if it is not.
  std::string_view Overdue(std::int64_t now_ms) const;

 private:
  void Collect(std::int64_t now_ms);

  std::unique_ptr<crypto::TlsSession> tls_;
  const ConnectionLimits& limits_;
  hl7v2::MllpDecoder decoder_;
  std::string out_;
  std::size_t sent_ = 0;
  std::int64_t begun_ms_, heard_ms_, message_ms_ = 0, unsent_ms_ = 0;
};

}  // namespace essaim::listen
