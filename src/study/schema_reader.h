// A list of variables within a YAML document: shared by schema files and studies.
#pragma once

#include <string_view>

#include "study/schema_file.h"
#include "study/yaml_tree.h"

namespace essaim {

SchemaFile ReadVariables(const YamlNode& list, std::string_view key, YamlFaults& faults);

}  // namespace essaim
