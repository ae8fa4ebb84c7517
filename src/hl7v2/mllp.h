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

class MllpDecoder {
 public:
  // Bytes as they come. kInvalidArgument: bytes outside a frame; kResourceExhausted: a message
  // larger than kMessageBytesMax. After an error the decoder takes nothing more.
  absl::Status Put(std::string_view bytes);
  std::optional<std::string> Next();  // the next whole message

 private:
  std::string buffer_;
  bool broken_ = false;
};

enum class AckCode { kAccept, kError, kReject };
// MSH, MSA and, where there is something to say, ERR; `control_id` and `now` (YYYYMMDDHHMMSS) are
// the answer's own. What is asked may be no message at all: then MSA-2 is empty.
std::string BuildAck(const Message* asked, AckCode code, std::string_view text,
                     std::string_view control_id, std::string_view now);

}  // namespace essaim::hl7v2
