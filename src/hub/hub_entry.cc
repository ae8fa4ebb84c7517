#include "hub/hub_entry.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace essaim::hub {
namespace {

enum class Kind : std::uint8_t { kStart, kAnswer, kTick, kCancel, kAway, kWait };

std::string Simple(Kind kind, std::int64_t now_ms) {
  ByteWriter w;
  w.U8(static_cast<std::uint8_t>(kind));
  w.U64(static_cast<std::uint64_t>(now_ms));
  return w.Take();
}

}  // namespace

std::string StartEvent(std::int64_t now_ms) { return Simple(Kind::kStart, now_ms); }

std::string TickEvent(std::int64_t now_ms) { return Simple(Kind::kTick, now_ms); }

std::string AwayEvent(std::int64_t now_ms) { return Simple(Kind::kAway, now_ms); }

std::string CancelEvent(std::int64_t now_ms) { return Simple(Kind::kCancel, now_ms); }

std::string WaitEvent(std::size_t site, std::int64_t now_ms) {
  ByteWriter w;
  w.U8(static_cast<std::uint8_t>(Kind::kWait));
  w.U64(static_cast<std::uint64_t>(now_ms));
  w.U64(site);
  return w.Take();
}

std::string AnswerEvent(std::size_t site, const Answer& answer, std::int64_t now_ms) {
  ByteWriter w;
  w.U8(static_cast<std::uint8_t>(Kind::kAnswer));
  w.U64(static_cast<std::uint64_t>(now_ms));
  w.U64(site);
  w.U64(answer.number);
  w.Bytes(answer.body);
  return w.Take();
}

absl::Status PlayEvent(std::string_view event, HubRun& run) {
  ByteReader r(event);
  ESSAIM_ASSIGN_OR_RETURN(const std::uint8_t kind, r.U8());
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t now, r.U64());
  const auto now_ms = static_cast<std::int64_t>(now);
  switch (static_cast<Kind>(kind)) {
    case Kind::kStart:
      run.Start(now_ms);
      break;
    case Kind::kTick:
      run.OnTick(now_ms);
      break;
    case Kind::kAway:
      run.OnAway(now_ms);
      break;
    case Kind::kCancel:
      run.Cancel(now_ms);
      break;
    case Kind::kWait: {
      ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t site, r.U64());
      run.OnWait(site, now_ms);
      break;
    }
    case Kind::kAnswer: {
      ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t site, r.U64());
      Answer answer;
      ESSAIM_ASSIGN_OR_RETURN(answer.number, r.U64());
      ESSAIM_ASSIGN_OR_RETURN(answer.body, r.Bytes(limits::kMessageBytesMax));
      run.OnAnswer(site, answer, now_ms);
      break;
    }
    default:
      return absl::DataLossError("an event of no known kind");
  }
  return r.End();
}

}  // namespace essaim::hub
