// `essaim node rejected`: rows that loads kept apart, listed, exported for mending, loaded again.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command RejectedCommand(CLI::App& app);

}  // namespace essaim::node
