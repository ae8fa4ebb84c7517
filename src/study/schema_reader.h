// A list of variables within a YAML document: shared by schema files and studies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "study/schema_file.h"
#include "study/yaml_tree.h"

namespace essaim {

// `other_keys` are those of a variable that the caller reads.
SchemaFile ReadVariables(const YamlNode& list, std::string_view key, YamlFaults& faults,
                         const std::vector<std::string>& other_keys = {});

}  // namespace essaim
