// essaim node listen: HL7 v2 messages over MLLP, kept as they come and loaded in batches.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command ListenCommand(CLI::App& app);

// What the listener of that folder tells of itself, as JSON text; empty if none runs there.
std::string ListenerStatus(const std::string& dir);

}  // namespace essaim::node
