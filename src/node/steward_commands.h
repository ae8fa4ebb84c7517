// `essaim node peers` and `essaim node studies`: the steward's word on other sites and on studies.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace essaim::node {

struct StewardArguments {
  std::string dir, action, name, fingerprint, format = "table";
  bool all = false;
};

void AddStewardCommands(CLI::App& app, StewardArguments& args);
// Each gives the process's exit code.
int PeersCommand(const StewardArguments& args);
int StudiesCommand(const StewardArguments& args);

}  // namespace essaim::node
