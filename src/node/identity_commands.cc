#include "node/identity_commands.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "node/node_folder.h"
#include "source/identity_store.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct IdentityArguments {
  std::string dir, value, format = "table";
  std::int64_t person_id = 0;
};

int ExitCode(const absl::Status& done) {
  return done.ok() ? kOk : essaim::Fail("essaim-node", done);
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
