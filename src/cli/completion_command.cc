#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"

namespace essaim::cli {
namespace {

std::string NamesOf(const CLI::App& app) {
  std::string names;
  for (const CLI::App* sub : app.get_subcommands({}))
    absl::StrAppend(&names, names.empty() ? "" : " ", sub->get_name());
  return names;
}

// One line a command with subcommands: "study) words='check submit ...' ;;"
std::string CasesOf(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* sub : app.get_subcommands({})) {
    std::string names = NamesOf(*sub);
    if (sub->get_name() == "node") names = "init enroll load serve status peers studies";
    if (sub->get_name() == "hub") absl::StrAppend(&names, " init serve");
    if (!names.empty())
      absl::StrAppend(&cases, "    ", sub->get_name(), ") words='", names, "' ;;\n");
  }
  return cases;
}

std::string BashScript(const CLI::App& app) {
  return absl::StrCat("_essaim() {\n  local words=''\n  case \"$COMP_CWORD\" in\n  1) words='",
                      NamesOf(app), "' ;;\n  2) case \"${COMP_WORDS[1]}\" in\n", CasesOf(app),
                      "    esac ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- "
                      "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
                      "  [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=($(compgen -f -- "
                      "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
                      "complete -F _essaim essaim\n");
}

std::string FishScript(const CLI::App& app) {
  std::string script;
  for (const CLI::App* sub : app.get_subcommands({})) {
    absl::StrAppend(&script, "complete -c essaim -n __fish_use_subcommand -a ", sub->get_name(),
                    "\n");
    for (const CLI::App* inner : sub->get_subcommands({})) {
      absl::StrAppend(&script, "complete -c essaim -n '__fish_seen_subcommand_from ",
                      sub->get_name(), "' -a ", inner->get_name(), "\n");
    }
  }
  return script;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, int& exit_code) {
  auto shell = std::make_shared<std::string>();
  CLI::App* sub = app.add_subcommand("completion",
                                     "Print a completion script: source <(essaim completion bash)");
  sub->add_option("SHELL", *shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  sub->callback([&app, shell, &exit_code] {
    exit_code = 0;
    if (*shell == "fish") {
      std::printf("%s", FishScript(app).c_str());
    } else {
      std::printf("%s%s", *shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "",
                  BashScript(app).c_str());
    }
  });
}

}  // namespace essaim::cli
