// The JSON Schema of study files, for editors: `essaim study schema` prints it.
#pragma once

#include <string>

#include "algo/registry.h"

namespace essaim {

// Draft 2020-12; the parameters of every registered algorithm are under if/then by its name.
std::string StudyJsonSchema(const Registry& registry);

}  // namespace essaim
