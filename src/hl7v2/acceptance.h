// Whether a message that arrives can be used, before its sender is told that it was taken.
#pragma once

#include <string>
#include <string_view>

#include "hl7v2/message.h"
#include "hl7v2/mllp.h"
#include "source/id_maker.h"

namespace essaim::hl7v2 {

struct JudgeOptions {
  const IdMaker* ids = nullptr;           // not owned
  std::string_view processing_ids = "P";  // MSH-11's letters that are taken: P, T, D
};

// Accepted: at least one row or change comes of it, or it is of a kind that has no place in the CDM
// (appointments, say), which the load counts. Error: not one segment of it can be used, with the
// first field that is in the way. Rejected: another version than 2.x, another processing id than
// asked for, no type of message, no control id.
Ack Judge(const Message& message, const JudgeOptions& options);

// What a sender wants to hear (MSH-15 and MSH-16, table 0155). Both empty: the original mode.
struct WantedAcks {
  bool commit = false, application = true;
};

WantedAcks WantedBy(const Message& message, AckCode code);

}  // namespace essaim::hl7v2
