// A command of `essaim node`: its place on the command line, and what it does once parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace essaim::node {

struct Command {
  CLI::App* app;
  std::function<int()> run;  // gives the process's exit code
};

using Commands = std::vector<Command>;

// The site's folder, which every command names first after its own words.
inline void AddDir(CLI::App* command, std::string& dir) {
  command->add_option("DIR", dir, "the site's folder")->required();
}

inline void AddFormat(CLI::App* command, std::string& format) {
  command->add_option("--format", format, "table or json")->check(CLI::IsMember({"table", "json"}));
}

}  // namespace essaim::node
