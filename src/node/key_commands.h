// `essaim node keys`: the keys of the categories of data, for the site's own staff.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command KeysCommand(CLI::App& app);

}  // namespace essaim::node
