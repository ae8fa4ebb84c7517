#include "hl7v2/mllp.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace essaim::hl7v2 {
namespace {

constexpr char kBegin = '\x0b', kEnd = '\x1c', kReturn = '\x0d';

// A text that comes into a field: the delimiters are escaped, line ends become blanks.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '|':
        out += "\\F\\";
        break;
      case '^':
        out += "\\S\\";
        break;
      case '~':
        out += "\\R\\";
        break;
      case '&':
        out += "\\T\\";
        break;
      case '\\':
        out += "\\E\\";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

std::string Frame(std::string_view message) {
  return absl::StrCat(std::string(1, kBegin), Av(message), std::string{kEnd, kReturn});
}

absl::Status MllpDecoder::Put(std::string_view bytes) {
  if (broken_) return absl::FailedPreconditionError("the connection is broken");
  buffer_.append(bytes);
  if (!buffer_.empty() && buffer_[0] != kBegin) {
    broken_ = true;
    return absl::InvalidArgumentError("expected a message between 0x0B and 0x1C 0x0D");
  }
  if (buffer_.size() > kMessageBytesMax && buffer_.find(kEnd) == std::string::npos) {
    broken_ = true;
    return absl::ResourceExhaustedError(
        absl::StrCat("a message larger than ", kMessageBytesMax >> 20, " MiB"));
  }
  return absl::OkStatus();
}

std::optional<std::string> MllpDecoder::Next() {
  if (broken_ || buffer_.empty()) return std::nullopt;
  const char end[] = {kEnd, kReturn};
  const std::size_t stop = buffer_.find(std::string_view(end, 2));
  if (stop == std::string::npos) return std::nullopt;
  std::string message = buffer_.substr(1, stop - 1);
  buffer_.erase(0, stop + 2);
  if (!buffer_.empty() && buffer_[0] != kBegin) broken_ = true;
  return message;
}

std::string BuildAck(const Message* asked, AckCode code, std::string_view text,
                     std::string_view control_id, std::string_view now) {
  const Segment* msh = asked == nullptr ? nullptr : asked->Find("MSH");
  const auto of = [&](std::size_t field) {
    return msh == nullptr ? std::string() : Escaped(msh->Text(field));
  };
  const char* word = code == AckCode::kAccept ? "AA" : code == AckCode::kError ? "AE" : "AR";
  const std::string event = asked == nullptr ? "" : Escaped(asked->event());
  // Sender and receiver change places.
  std::string ack = absl::StrCat(
      "MSH|^~\\&|", of(5), "|", of(6), "|", of(3), "|", of(4), "|", Av(now), "||ACK",
      event.empty() ? "" : "^" + event, "|", Av(control_id), "|", of(11).empty() ? "P" : of(11),
      "|", of(12).empty() ? "2.5" : of(12), "\rMSA|", word, "|", of(10), "\r");
  if (code != AckCode::kAccept)
    absl::StrAppend(&ack, "ERR|||207^Application internal error^HL70357|E||||", Escaped(text),
                    "\r");
  return ack;
}

}  // namespace essaim::hl7v2
