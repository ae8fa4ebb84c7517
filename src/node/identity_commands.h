// `essaim node identity`: who a person of the CDM is, for the site's own staff.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command IdentityCommand(CLI::App& app);

}  // namespace essaim::node
