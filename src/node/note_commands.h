// `essaim node index`, `essaim node search`: full-text search over notes, for the site's own staff.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command IndexCommand(CLI::App& app);
Command SearchCommand(CLI::App& app);

}  // namespace essaim::node
