#include "hl7v2/mllp.h"

#include <algorithm>

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
  if (!status_.ok()) return absl::FailedPreconditionError("the connection is broken");
  buffer_.append(bytes);
  if (end_ == std::string::npos) Look();
  return status_;
}

// Where the frame in hand ends, if its end is there.
void MllpDecoder::Look() {
  while (begin_ < buffer_.size() && (buffer_[begin_] == kReturn || buffer_[begin_] == '\n'))
    ++begin_;
  seen_ = std::max(seen_, begin_);
  if (begin_ == buffer_.size()) return;
  if (buffer_[begin_] != kBegin) {
    status_ = absl::InvalidArgumentError("expected a message between 0x0B and 0x1C 0x0D");
    return;
  }
  end_ = Find();
  // The last byte may be the first of the two that end a frame: it is looked at again.
  if (end_ == std::string::npos) seen_ = buffer_.size() - 1;
  const std::size_t bytes = std::min(end_, buffer_.size()) - begin_ - 1;
  if (bytes <= message_bytes_max_) return;
  end_ = std::string::npos;
  status_ = absl::ResourceExhaustedError(
      absl::StrCat("a message larger than ", message_bytes_max_, " bytes"));
}

std::size_t MllpDecoder::Find() const {
  constexpr char kBoth[] = {kEnd, kReturn};
  return buffer_.find(std::string_view(kBoth, 2), seen_);
}

std::optional<std::string> MllpDecoder::Next() {
  if (end_ == std::string::npos) return std::nullopt;
  std::string message = buffer_.substr(begin_ + 1, end_ - begin_ - 1);
  begin_ = seen_ = end_ + 2;
  end_ = std::string::npos;
  // What is done with goes once it is the larger part: each byte is moved once on average.
  if (begin_ > buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    begin_ = seen_ = 0;
  }
  if (buffer_.empty()) buffer_.shrink_to_fit();
  Look();
  return message;
}

namespace {

const char* CodeOf(AckCode code, AckKind kind) {
  const bool commit = kind == AckKind::kCommit;
  if (code == AckCode::kAccept) return commit ? "CA" : "AA";
  if (code == AckCode::kError) return commit ? "CE" : "AE";
  return commit ? "CR" : "AR";
}

// Table 0357.
const char* NameOfError(int error) {
  switch (error) {
    case 100:
      return "Segment sequence error";
    case 101:
      return "Required field missing";
    case 102:
      return "Data type error";
    case 200:
      return "Unsupported message type";
    case 202:
      return "Unsupported processing id";
    case 203:
      return "Unsupported version id";
    default:
      return "Application internal error";
  }
}

}  // namespace

std::string BuildAck(const Message* asked, const Ack& ack, AckKind kind,
                     std::string_view control_id, std::string_view now) {
  const Segment* msh = asked == nullptr ? nullptr : asked->Find("MSH");
  const auto of = [&](std::size_t field) {
    return msh == nullptr ? std::string() : Escaped(msh->Text(field));
  };
  const std::string event = asked == nullptr ? "" : Escaped(asked->event());
  // Sender and receiver change places.
  std::string text = absl::StrCat(
      "MSH|^~\\&|", of(5), "|", of(6), "|", of(3), "|", of(4), "|", Av(now), "||ACK",
      event.empty() ? "" : "^" + event, "|", Av(control_id), "|", of(11).empty() ? "P" : of(11),
      "|", of(12).empty() ? "2.5" : of(12), "\rMSA|", CodeOf(ack.code, kind), "|", of(10));
  if (ack.code == AckCode::kAccept) return text + "\r";
  // MSA-3 is what senders before 2.5 show, ERR-8 what later ones do. ERR-2's circumflexes stay.
  const int error = ack.error == 0 ? 207 : ack.error;
  return absl::StrCat(text, "|", Escaped(ack.text), "\rERR||", ack.location, "|", error, "^",
                      NameOfError(error), "^HL70357|E||||", Escaped(ack.text), "\r");
}

}  // namespace essaim::hl7v2
