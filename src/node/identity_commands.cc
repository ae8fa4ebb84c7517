#include "node/identity_commands.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "node/category_keys.h"
#include "node/node_folder.h"
#include "source/identity_store.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct IdentityArguments {
  std::string dir, action, category, value, format = "table";
  std::int64_t person_id = 0;
  bool yes = false;
};

int ExitCode(const absl::Status& done) {
  return done.ok() ? kOk : essaim::Fail("essaim-node", done);
}

const char* NameOf(KeyState state) {
  return state == KeyState::kNone    ? "not made yet"
         : state == KeyState::kThere ? "in use"
                                     : "destroyed";
}

absl::Status Keys(const IdentityArguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  const std::vector<std::string> categories = KeyCategories();
  if (args.action == "list") {
    Json json = Json::array();
    for (const std::string& category : categories) {
      const char* state = NameOf(StateOf(folder, category));
      json.push_back({{"category", category}, {"state", state}});
      if (args.format != "json") std::printf("%-12s %s\n", category.c_str(), state);
    }
    if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
    return absl::OkStatus();
  }
  if (std::ranges::find(categories, args.category) == categories.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("which key? One of ", absl::StrJoin(categories, ", ")));
  }
  if (!args.yes) {
    return absl::FailedPreconditionError(
        absl::StrCat("this cannot be undone: what the key of '", args.category,
                     "' opens will be unreadable for good. Say --yes to do it."));
  }
  ESSAIM_RETURN_IF_ERROR(DestroyKey(folder, args.category));
  std::printf("The key of '%s' is destroyed. Copies in backups are yours to destroy.\n",
              args.category.c_str());
  return absl::OkStatus();
}

absl::Status Show(const IdentityArguments& args) {
  if (args.person_id == 0 && args.value.empty())
    return absl::InvalidArgumentError("who? Give --person ID or --value IDENTIFIER");
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenIdentitySql(folder, entropy, &log));
  ESSAIM_ASSIGN_OR_RETURN(const auto store, IdentityStore::Open(*engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Identity> found, args.value.empty()
                                                                 ? store->OfPerson(args.person_id)
                                                                 : store->OfValue(args.value));
  if (found.empty()) return absl::NotFoundError("the identity store knows nobody of that kind");
  Json json = Json::array();
  for (const Identity& i : found) {
    json.push_back({{"person_id", i.person_id},
                    {"system", i.system},
                    {"value", i.value},
                    {"family_name", i.family_name},
                    {"given_names", i.given_names},
                    {"birth_date", i.birth_date}});
    if (args.format != "json") {
      std::printf("%-20lld %s, %s  %s  %s %s\n", static_cast<long long>(i.person_id),
                  i.family_name.c_str(), i.given_names.c_str(), i.birth_date.c_str(),
                  i.system.c_str(), i.value.c_str());
    }
  }
  if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

}  // namespace

Command KeysCommand(CLI::App& app) {
  auto args = std::make_shared<IdentityArguments>();
  CLI::App* keys = app.add_subcommand("keys", "The keys of the categories of data");
  keys->add_option("ACTION", args->action, "list or destroy")
      ->required()
      ->check(CLI::IsMember({"list", "destroy"}));
  AddDir(keys, args->dir);
  keys->add_option("CATEGORY", args->category, "genetic, identity or pseudonyms");
  keys->add_flag("--yes", args->yes, "destroy it for good");
  AddFormat(keys, args->format);
  return {keys, [args] { return ExitCode(Keys(*args)); }};
}

Command IdentityCommand(CLI::App& app) {
  auto args = std::make_shared<IdentityArguments>();
  CLI::App* identity = app.add_subcommand(
      "identity", "Who a person of the OMOP tables is, for the site's own staff");
  AddDir(identity, args->dir);
  identity->add_option("--person", args->person_id, "the person_id");
  identity->add_option("--value", args->value, "an identifier of the source");
  AddFormat(identity, args->format);
  return {identity, [args] { return ExitCode(Show(*args)); }};
}

}  // namespace essaim::node
