#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/fail.h"

namespace essaim::cli {
namespace {

using Json = nlohmann::json;

struct Arguments {
  std::string dir, name, fingerprint, role = "researcher", format = "table";
};

absl::StatusOr<Json> Call(const std::string& dir, const std::string& method,
                          const std::string& path, const Json& body) {
  ESSAIM_ASSIGN_OR_RETURN(const transport::RestTarget target, LocalHub(dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::string answer,
                          CallHub(target, method, path, body.is_null() ? "" : body.dump()));
  Json json = Json::parse(answer, nullptr, false);
  if (!json.is_object()) return absl::InternalError("the hub's answer is not JSON");
  return json;
}

int Status(const Arguments& args) {
  const absl::StatusOr<Json> json = Call(args.dir, "GET", "/v1/status", nullptr);
  if (!json.ok()) return Fail(json.status());
  if (args.format == "json") {
    std::printf("%s\n", json->dump(2).c_str());
    return kOk;
  }
  std::printf("federation   %s\nfingerprint  %s\nnodes        %s\npeople       https://%s\n\n",
              (*json)["name"].get<std::string>().c_str(),
              (*json)["ca_fingerprint"].get<std::string>().c_str(),
              (*json)["grpc"].get<std::string>().c_str(),
              (*json)["rest"].get<std::string>().c_str());
  std::printf("%-24s %-10s %-13s %s\n", "site", "status", "connection", "fingerprint");
  for (const Json& site : (*json)["sites"]) {
    std::printf("%-24s %-10s %-13s %s\n", site["name"].get<std::string>().c_str(),
                site["status"].get<std::string>().c_str(),
                site["connected"].get<bool>() ? "connected" : "-",
                site["fingerprint"].get<std::string>().c_str());
  }
  return kOk;
}

// Without --fingerprint: shows the one that the site asked with, and asks.
int Approve(Arguments args) {
  if (args.fingerprint.empty()) {
    const absl::StatusOr<Json> site = Call(args.dir, "GET", "/v1/enrolments/" + args.name, nullptr);
    if (!site.ok()) return Fail(site.status());
    const std::string shown = (*site)["fingerprint"].get<std::string>();
    std::printf("%s asks with the fingerprint\n  %s\nDoes the site show the same? Type yes: ",
                args.name.c_str(), shown.c_str());
    std::fflush(stdout);
    std::string answer;
    if (!std::getline(std::cin, answer) || answer != "yes")
      return Fail(absl::CancelledError("not approved"));
    args.fingerprint = shown;
  }
  const absl::StatusOr<Json> done = Call(args.dir, "POST", "/v1/sites/" + args.name + "/approve",
                                         Json{{"fingerprint", args.fingerprint}});
  if (!done.ok())
    return absl::IsFailedPrecondition(done.status()) ? (Fail(done.status()), kRefused)
                                                     : Fail(done.status());
  std::printf("%s is approved.\n", args.name.c_str());
  return kOk;
}

int Revoke(const Arguments& args) {
  const absl::StatusOr<Json> done =
      Call(args.dir, "POST", "/v1/sites/" + args.name + "/revoke", Json::object());
  if (!done.ok()) return Fail(done.status());
  std::printf("%s is revoked; its connection is closed.\n", args.name.c_str());
  return kOk;
}

int Token(const Arguments& args) {
  const absl::StatusOr<Json> done =
      Call(args.dir, "POST", "/v1/tokens", Json{{"name", args.name}, {"role", args.role}});
  if (!done.ok()) return Fail(done.status());
  std::printf("%s\n", (*done)["token"].get<std::string>().c_str());
  return kOk;
}

int Tokens(const Arguments& args) {
  const absl::StatusOr<Json> json = Call(args.dir, "GET", "/v1/tokens", nullptr);
  if (!json.ok()) return Fail(json.status());
  if (args.format == "json") {
    std::printf("%s\n", (*json)["tokens"].dump(2).c_str());
    return kOk;
  }
  std::printf("%-12s %s\n", "role", "whose");
  for (const Json& token : (*json)["tokens"]) {
    std::printf("%-12s %s\n", token["role"].get<std::string>().c_str(),
                token["name"].get<std::string>().c_str());
  }
  return kOk;
}

int RevokeToken(const Arguments& args) {
  const absl::StatusOr<Json> done =
      Call(args.dir, "POST", "/v1/tokens/revoke", Json{{"name", args.name}});
  if (!done.ok()) return Fail(done.status());
  std::printf("The token of %s is revoked.\n", args.name.c_str());
  return kOk;
}

}  // namespace

void AddHubCommands(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<Arguments>();
  CLI::App* hub = app.add_subcommand(
      "hub",
      "The coordinating process: init, serve, renew, status, approve, revoke, token, tokens, "
      "revoke-token");
  hub->require_subcommand(1);
  // essaim-hub's own: essaim_main.cc starts it for them before this parser is asked.
  hub->add_subcommand("init", "Make a hub: its authority, keys and operator token");
  hub->add_subcommand("serve", "Run the hub");
  hub->add_subcommand("renew", "Give the server a new certificate or new addresses");
  CLI::App* status = hub->add_subcommand("status", "The federation and its sites");
  CLI::App* approve =
      hub->add_subcommand("approve", "Let a site join, after comparing its fingerprint");
  CLI::App* revoke = hub->add_subcommand("revoke", "Shut a site out at once");
  CLI::App* token = hub->add_subcommand("token", "Make a token for a person or a tool");
  CLI::App* tokens = hub->add_subcommand("tokens", "Whose tokens there are");
  CLI::App* revoke_token = hub->add_subcommand("revoke-token", "Make a token worthless at once");
  for (CLI::App* sub : {status, approve, revoke, token, tokens, revoke_token})
    sub->add_option("DIR", args->dir, "the hub's folder")->required();
  for (CLI::App* sub : {approve, revoke})
    sub->add_option("SITE", args->name, "the site")->required();
  for (CLI::App* sub : {status, tokens})
    sub->add_option("--format", args->format, "how to print")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();
  revoke_token->add_option("--name", args->name, "whose it is")->required();
  approve->add_option("--fingerprint", args->fingerprint, "what the site shows");
  token->add_option("--name", args->name, "whose it is")->required();
  token->add_option("--role", args->role, "a researcher sees their own studies, an operator all")
      ->check(CLI::IsMember({"researcher", "operator"}))
      ->capture_default_str();
  status->callback([args, &exit_code] { exit_code = Status(*args); });
  approve->callback([args, &exit_code] { exit_code = Approve(*args); });
  revoke->callback([args, &exit_code] { exit_code = Revoke(*args); });
  token->callback([args, &exit_code] { exit_code = Token(*args); });
  tokens->callback([args, &exit_code] { exit_code = Tokens(*args); });
  revoke_token->callback([args, &exit_code] { exit_code = RevokeToken(*args); });
}

}  // namespace essaim::cli
