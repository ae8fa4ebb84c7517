// The commands of `essaim`. Each adds itself to the app; the callback sets the exit code.
#pragma once

namespace CLI {
class App;
}

namespace essaim::cli {

void AddHubCommands(
    CLI::App& app,
    int& exit_code);  // hub status, approve, revoke, token (the rest is essaim-hub's)
void AddStudyCommands(CLI::App& app, int& exit_code);  // study ..., report
void AddSimulateCommand(CLI::App& app, int& exit_code);
void AddDoctorCommand(CLI::App& app, int& exit_code);
void AddCompletionCommand(CLI::App& app, int& exit_code);

}  // namespace essaim::cli
