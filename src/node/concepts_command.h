// `essaim node concepts`: the site's vocabulary, searched.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command ConceptsCommand(CLI::App& app);

}  // namespace essaim::node
