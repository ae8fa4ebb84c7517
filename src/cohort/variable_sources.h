// Where a study's variables come from: the `from` of each, as docs/cohorts.md describes it.
#pragma once

#include "cohort/extraction.h"
#include "data/schema.h"
#include "study/yaml_tree.h"

namespace essaim::cohort {

// Fills `extraction.variables` and `extraction.columns`, one a variable of the schema, from the
// list of variables; its cohort gives the concept sets. Faults go to `faults`, each with its place.
void ReadSources(const YamlNode& variables, const Schema& schema, Extraction& extraction,
                 YamlFaults& faults);

}  // namespace essaim::cohort
