// The Minimal Lower Layer Protocol (HL7 chapter on transport, appendix C): a message between 0x0B
// and 0x1C 0x0D. Pure: bytes in, messages out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "hl7v2/message.h"

namespace essaim::hl7v2 {

std::string Frame(std::string_view message);

// Line ends between two frames are passed over, as some senders write them.
class MllpDecoder {
 public:
  explicit MllpDecoder(std::size_t message_bytes_max = kMessageBytesMax)
      : message_bytes_max_(message_bytes_max) {}

  // Bytes as they come, each looked at once. kInvalidArgument: bytes outside a frame;
  // kResourceExhausted: a message larger than the limit. After an error, also one that Next came
  // upon, the decoder takes nothing more.
  absl::Status Put(std::string_view bytes);
  std::optional<std::string> Next();  // the next whole message

  // kInvalidArgument or kResourceExhausted once the bytes after the last message are no frame.
  const absl::Status& status() const { return status_; }

  std::size_t buffered() const { return buffer_.size() - begin_; }  // bytes

 private:
  void Look();
  std::size_t Find() const;

  std::size_t message_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the frame in hand
  std::size_t seen_ = 0;   // how far its end was looked for
  std::size_t end_ = std::string::npos;
  absl::Status status_;
};

enum class AckCode { kAccept, kError, kReject };
// Original mode: AA, AE, AR. Enhanced mode has two: that a message is kept (CA, CE, CR), and what
// the application makes of it (as in the original mode).
enum class AckKind { kApplication, kCommit };

struct Ack {
  AckCode code = AckCode::kAccept;
  int error = 0;         // table 0357, if it is no acceptance
  std::string location;  // ERR-2: "PID^1^7"
  std::string text;      // for people; nothing of the message's values
};

// MSH, MSA and, where it is no acceptance, ERR; `control_id` and `now` (YYYYMMDDHHMMSS) are the
// answer's own. What is asked may be no message at all: then MSA-2 is empty.
std::string BuildAck(const Message* asked, const Ack& ack, AckKind kind,
                     std::string_view control_id, std::string_view now);

}  // namespace essaim::hl7v2
