// `essaim node deidentify`: shows what de-identification makes of a text, and measures it.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command DeidentifyCommand(CLI::App& app);

}  // namespace essaim::node
