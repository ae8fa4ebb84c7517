// `essaim node link`: records of one person, within the site and across sites (docs/linkage.md).
#pragma once

#include "node/command.h"

namespace essaim::node {

Command LinkCommand(CLI::App& app);

}  // namespace essaim::node
