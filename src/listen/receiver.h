// What is done with messages that arrive: judged, kept, answered.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "hl7v2/acceptance.h"
#include "listen/seen.h"
#include "listen/spool.h"

namespace essaim::listen {

// Read by other threads while messages arrive.
struct ReceiverCounts {
  std::atomic<std::uint64_t> n_taken{0}, n_again{0}, n_error{0}, n_rejected{0};
};

class Receiver {
 public:
  // Nothing is owned; all outlive the receiver.
  Receiver(const hl7v2::JudgeOptions& judge, const KeyMaker& keys, SeenSet& seen, Spool& spool,
           const Clock& clock, Log& log)
      : judge_(judge), keys_(keys), seen_(seen), spool_(spool), clock_(clock), log_(log) {}

  // The answers, framed, one a message in the same order; empty where the sender wants none.
  // Messages that are accepted are on the disk when it returns: one sync for all of them.
  std::vector<std::string> Receive(const std::vector<std::string>& messages);

  const ReceiverCounts& counts() const { return counts_; }

 private:
  struct Judged;
  Judged Look(const std::string& text);
  std::string AnswerTo(const Judged& judged);

  const hl7v2::JudgeOptions& judge_;
  const KeyMaker& keys_;
  SeenSet& seen_;
  Spool& spool_;
  const Clock& clock_;
  Log& log_;
  ReceiverCounts counts_;
  std::uint64_t n_answers_ = 0;
};

}  // namespace essaim::listen
