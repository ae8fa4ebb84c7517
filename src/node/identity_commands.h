// `essaim node keys` and `essaim node identity`: the keys of the categories of data, and who a
// person of the CDM is.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace essaim::node {

struct IdentityArguments {
  std::string dir, action, category, value, format = "table";
  std::int64_t person_id = 0;
  bool yes = false;
};

void AddIdentityCommands(CLI::App& app, IdentityArguments& args);
// Each gives the process's exit code.
int KeysCommand(const IdentityArguments& args);
int IdentityCommand(const IdentityArguments& args);

}  // namespace essaim::node
