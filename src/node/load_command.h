// `essaim node load` and `essaim node undo`: files into the warehouse, and the last of them out.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command LoadCommand(CLI::App& app);
Command UndoCommand(CLI::App& app);

}  // namespace essaim::node
