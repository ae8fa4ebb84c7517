// `essaim node opt-out`: persons who object to a use of their data.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command OptOutCommand(CLI::App& app);

}  // namespace essaim::node
