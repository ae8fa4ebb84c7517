// `essaim node cohort`: runs cohort definitions on a site's OMOP tables, for the site's own staff.
#pragma once

#include "node/command.h"

namespace essaim::node {

Command CohortCommand(CLI::App& app);

}  // namespace essaim::node
