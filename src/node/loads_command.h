// `essaim node loads`: the loads into the OMOP tables with their manifests.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command LoadsCommand(CLI::App& app);

}  // namespace essaim::node
