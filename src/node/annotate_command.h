// `essaim node annotate`: mentions of a dictionary's terms in notes, into NOTE_NLP.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command AnnotateCommand(CLI::App& app);

}  // namespace essaim::node
