// `essaim node peers` and `essaim node studies`: the steward's word on other sites and on studies.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command PeersCommand(CLI::App& app);
Command StudiesCommand(CLI::App& app);

}  // namespace essaim::node
