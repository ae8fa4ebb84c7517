// `essaim node keys` and `essaim node identity`: the keys of the categories of data, and who a
// person of the CDM is.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command KeysCommand(CLI::App& app);
Command IdentityCommand(CLI::App& app);

}  // namespace essaim::node
