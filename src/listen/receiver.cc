#include "listen/receiver.h"

#include <ctime>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace essaim::listen {

using hl7v2::Ack;
using hl7v2::AckCode;

struct Receiver::Judged {
  std::optional<hl7v2::Message> message;
  Ack ack;
  std::optional<MessageKey> added;  // to the spool and to what was seen, in this round
  bool again = false;
};

namespace {

// YYYYMMDDHHMMSS in UTC.
std::string HourOf(std::int64_t now_ms) {
  const std::time_t seconds = now_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%d%H%M%S+0000", &parts)};
}

Ack NotKept() {
  return {.code = AckCode::kError,
          .error = 207,
          .location = "",
          .text = "it cannot be kept now; send it again later"};
}

}  // namespace

Receiver::Judged Receiver::Look(const std::string& text) {
  Judged judged;
  absl::StatusOr<hl7v2::Message> message = hl7v2::ParseMessage(text);
  if (!message.ok()) {
    judged.ack = {.code = AckCode::kReject,
                  .error = 100,
                  .location = "",
                  .text = std::string(message.status().message())};
    return judged;
  }
  judged.message.emplace(*std::move(message));
  if (judged.message->type() == "ACK") return judged;
  judged.ack = hl7v2::Judge(*judged.message, judge_);
  if (judged.ack.code != AckCode::kAccept) return judged;
  const MessageKey key = keys_.Of(*judged.message, text);
  judged.again = seen_.Has(key);
  if (judged.again) return judged;
  const absl::Status kept = spool_.Append(text);
  if (!kept.ok()) {
    log_.Error("a message is not kept", {{"why", std::string(kept.message())}});
    judged.ack = NotKept();
    return judged;
  }
  seen_.Add(key);
  judged.added = key;
  return judged;
}

std::vector<std::string> Receiver::Receive(const std::vector<std::string>& messages) {
  std::vector<Judged> round;
  for (const std::string& text : messages) round.push_back(Look(text));
  const absl::Status synced = spool_.Sync();
  if (!synced.ok()) {
    log_.Error("messages are not kept", {{"why", std::string(synced.message())}});
    for (Judged& judged : round) {
      // Also one that came twice in this round: its first was not kept either.
      if (judged.added.has_value()) seen_.Remove(*judged.added);
      if (judged.added.has_value() || judged.again) judged.ack = NotKept();
    }
  }
  std::vector<std::string> answers;
  for (const Judged& judged : round) answers.push_back(AnswerTo(judged));
  return answers;
}

std::string Receiver::AnswerTo(const Judged& judged) {
  // An answer to an answer would have one too.
  if (judged.message.has_value() && judged.message->type() == "ACK") return "";
  if (judged.ack.code == AckCode::kAccept) {
    ++(judged.again ? counts_.n_again : counts_.n_taken);
  } else {
    ++(judged.ack.code == AckCode::kError ? counts_.n_error : counts_.n_rejected);
    log_.Warning("a message is refused",
                 {{"code", judged.ack.code == AckCode::kError ? "AE" : "AR"},
                  {"where", judged.ack.location},
                  {"why", judged.ack.text}});
  }
  const hl7v2::Message* message = judged.message.has_value() ? &*judged.message : nullptr;
  const hl7v2::WantedAcks wanted =
      message == nullptr ? hl7v2::WantedAcks() : hl7v2::WantedBy(*message, judged.ack.code);
  const std::int64_t now_ms = clock_.NowMs();
  std::string answer;
  for (const auto kind : {hl7v2::AckKind::kCommit, hl7v2::AckKind::kApplication}) {
    if (!(kind == hl7v2::AckKind::kCommit ? wanted.commit : wanted.application)) continue;
    // Also of another run of this process another number.
    const std::string id = absl::StrCat("E", now_ms, ".", ++n_answers_);
    answer += hl7v2::Frame(BuildAck(message, judged.ack, kind, id, HourOf(now_ms)));
  }
  return answer;
}

}  // namespace essaim::listen
