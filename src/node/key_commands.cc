#include "node/key_commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "node/category_keys.h"
#include "node/key_rotation.h"
#include "node/node_folder.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;  // what printf knows

constexpr char kMaster[] = "master";

struct KeyArguments {
  std::string dir, action, format = "table";
  std::vector<std::string> categories;
  bool yes = false;
};

const char* NameOf(KeyState state) {
  return state == KeyState::kNone    ? "not made yet"
         : state == KeyState::kThere ? "in use"
                                     : "destroyed";
}

absl::Status List(const KeyArguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  Json json = Json::array();
  for (const std::string& category : KeyCategories()) {
    const KeyState state = StateOf(folder, category);
    json.push_back({{"category", category}, {"state", NameOf(state)}});
    if (args.format != "json") std::printf("%-12s %s\n", category.c_str(), NameOf(state));
  }
  if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

// One line on a terminal, written over itself.
void ShowProgress(std::uint64_t done, std::uint64_t total, const char* unit) {
  if (isatty(STDERR_FILENO) == 0) return;
  if (total == 0) {
    std::fprintf(stderr, "\r\033[K%llu %s sealed anew", static_cast<Unsigned>(done), unit);
  } else {
    std::fprintf(stderr, "\r\033[K%llu of %llu %s%s", static_cast<Unsigned>(done),
                 static_cast<Unsigned>(total), unit, done >= total ? "\r\033[K" : "");
  }
}

absl::Status Rotate(const KeyArguments& args) {
  const bool json = args.format == "json";
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  std::vector<std::string> categories = args.categories;
  if (categories.empty()) categories = {"general", "free_text", "identity"};
  for (const std::string& category : categories) {
    // Opened for each, as a rotated master key is another one.
    ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir, FolderUse::kAlone));
    if (args.categories.empty() && StateOf(folder, category) == KeyState::kDestroyed) {
      if (!json) std::printf("The key of '%s' was destroyed; left as it is.\n", category.c_str());
      continue;
    }
    ESSAIM_RETURN_IF_ERROR(category == kMaster
                               ? RotateMaster(folder, entropy, &log, ShowProgress)
                               : RotateKey(folder, category, entropy, &log, ShowProgress));
    if (json) continue;
    std::printf("The key of '%s' is a new one.\n", category.c_str());
    std::fflush(stdout);
  }
  if (json) return List(args);
  std::printf("Backups from before open with their own keys only: make a new one.\n");
  return absl::OkStatus();
}

absl::Status Destroy(const KeyArguments& args) {
  const std::vector<std::string> known = KeyCategories();
  if (args.categories.size() != 1 || std::ranges::find(known, args.categories[0]) == known.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("which key? One of ", absl::StrJoin(known, ", ")));
  }
  const std::string& category = args.categories[0];
  if (!args.yes) {
    return absl::FailedPreconditionError(
        absl::StrCat("this cannot be undone: what the key of '", category,
                     "' opens will be unreadable for good. Say --yes to do it."));
  }
  {
    ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir, FolderUse::kAlone));
    ESSAIM_RETURN_IF_ERROR(DestroyKey(folder, category));
  }
  if (args.format == "json") return List(args);
  std::printf("The key of '%s' is destroyed. Copies in backups are yours to destroy.\n",
              category.c_str());
  return absl::OkStatus();
}

int Keys(const KeyArguments& args) {
  const absl::Status done = args.action == "list"     ? List(args)
                            : args.action == "rotate" ? Rotate(args)
                                                      : Destroy(args);
  return done.ok() ? kOk : essaim::Fail("essaim-node", done);
}

}  // namespace

Command KeysCommand(CLI::App& app) {
  auto args = std::make_shared<KeyArguments>();
  CLI::App* keys = app.add_subcommand("keys", "The keys of the categories of data");
  keys->add_option("ACTION", args->action, "list, rotate or destroy")
      ->required()
      ->check(CLI::IsMember({"list", "rotate", "destroy"}));
  AddDir(keys, args->dir);
  keys->add_option("CATEGORY", args->categories,
                   absl::StrCat("of ", absl::StrJoin(KeyCategories(), ", "),
                                "; rotate also takes master, and without a category takes "
                                "general, free_text and identity"));
  keys->add_flag("--yes", args->yes, "destroy it for good");
  AddFormat(keys, args->format);
  return {keys, [args] { return Keys(*args); }};
}

}  // namespace essaim::node
