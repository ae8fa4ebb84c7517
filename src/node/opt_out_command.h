// `essaim node opt-out`: persons who object to a use of their data.
#pragma once

#include <cstdint>
#include <string>

namespace essaim::node {

struct OptOutArguments {
  std::string dir, action, scope = "all", from, until, source_value, file, format = "table";
  std::int64_t person_id = 0;
};

int OptOutCommand(const OptOutArguments& args);  // the process's exit code

}  // namespace essaim::node
