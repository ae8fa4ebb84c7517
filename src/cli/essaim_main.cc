// essaim: the command line of researchers, coordinators and data managers.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/fail.h"

namespace {

// `essaim hub init ...` is `essaim-hub init ...`: the programs stand side by side.
int RunBeside(const std::string& program, char** arguments) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string path = (self.parent_path() / program).string();
  execv(path.c_str(), arguments);
  std::fprintf(stderr, "essaim: cannot start %s: is it installed beside essaim?\n", path.c_str());
  return essaim::kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "", second = argc > 2 ? argv[2] : "";
  if (first == "node") return RunBeside("essaim-node", argv + 1);
  if (first == "hub" && (second == "init" || second == "serve" || second == "renew"))
    return RunBeside("essaim-hub", argv + 1);

  CLI::App app{"Essaim: hospitals answer questions together without moving a patient record.",
               "essaim"};
  app.set_version_flag("--version", essaim::kVersion);
  app.require_subcommand(1);
  int exit_code = 0;
  essaim::cli::AddHubCommands(app, exit_code);
  app.add_subcommand("node",
                     "A site's process: init, enroll, load, undo, quality, serve, status, stop, "
                     "peers, studies (see "
                     "essaim node --help)");
  essaim::cli::AddStudyCommands(app, exit_code);
  essaim::cli::AddSimulateCommand(app, exit_code);
  essaim::cli::AddDoctorCommand(app, exit_code);
  essaim::cli::AddCompletionCommand(app, exit_code);
  app.add_subcommand("version", "Print the version")->callback([] {
    std::printf("essaim %s\n", essaim::kVersion);
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(essaim::kUsage);
  } catch (const nlohmann::json::exception& error) {
    std::fprintf(stderr, "essaim: the hub's answer is not what this version expects (%s)\n",
                 error.what());
    return essaim::kFailed;
  }
  return exit_code;
}
