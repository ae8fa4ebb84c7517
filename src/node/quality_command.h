// `essaim node quality`: how good a site's OMOP tables are.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command QualityCommand(CLI::App& app);

}  // namespace essaim::node
