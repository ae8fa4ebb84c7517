#include "cli/connection.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "transport/json_text.h"

namespace essaim::cli {
namespace {

using Json = nlohmann::json;

constexpr int kTimeoutMs = 60'000;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Json ConfigFile() {
  const absl::StatusOr<std::string> text =
      ReadFile(Environment("HOME") + "/.config/essaim/config.json");
  Json json = text.ok() ? Json::parse(*text, nullptr, false) : Json();
  return json.is_object() ? json : Json::object();
}

std::string FirstOf(std::initializer_list<std::string> candidates) {
  for (const std::string& candidate : candidates) {
    if (!candidate.empty()) return candidate;
  }
  return "";
}

absl::Status HubError(int status, const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const std::string text = JsonText(json, "error", body);
  switch (status) {
    case 400:
      return absl::InvalidArgumentError(text);
    case 401:
      return absl::UnauthenticatedError(text);
    case 403:
      return absl::PermissionDeniedError(text);
    case 404:
      return absl::NotFoundError(text);
    case 503:
      return absl::UnavailableError(text);
    default:
      return absl::FailedPreconditionError(text);
  }
}

}  // namespace

void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags) {
  app.add_option("--hub", flags.hub, "https://host:port of the hub (or ESSAIM_HUB)");
  app.add_option("--ca", flags.ca_file, "the hub's authority, a PEM file (or ESSAIM_CA)");
  app.add_option("--token-file", flags.token_file,
                 "a file with your token (or ESSAIM_TOKEN, the token itself)");
}

absl::StatusOr<transport::RestTarget> LocalHub(const std::string& dir) {
  const absl::StatusOr<std::string> text = ReadFile(dir + "/hub.json");
  if (!text.ok())
    return absl::NotFoundError(absl::StrCat(dir, " is not a hub's folder (no hub.json)"));
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object())
    return absl::InvalidArgumentError(absl::StrCat(dir, "/hub.json does not parse"));
  transport::RestTarget target{
      .url = absl::StrCat("https://", JsonText(json, "rest")), .ca_pem = "", .token = ""};
  ESSAIM_ASSIGN_OR_RETURN(target.ca_pem, ReadFile(dir + "/ca.pem"));
  ESSAIM_ASSIGN_OR_RETURN(const std::string token, ReadFile(dir + "/operator.token"));
  target.token = std::string(absl::StripAsciiWhitespace(token));
  return target;
}

absl::StatusOr<transport::RestTarget> TargetOf(const ConnectionFlags& flags) {
  const Json config = ConfigFile();
  transport::RestTarget target;
  target.url = FirstOf({flags.hub, Environment("ESSAIM_HUB"), JsonText(config, "hub")});
  const std::string ca = FirstOf({flags.ca_file, Environment("ESSAIM_CA"), JsonText(config, "ca")});
  if (target.url.empty() || ca.empty()) {
    return absl::InvalidArgumentError(
        "which hub? Give --hub https://host:port and --ca FILE, or set ESSAIM_HUB and ESSAIM_CA, "
        "or write both to "
        "~/.config/essaim/config.json");
  }
  ESSAIM_ASSIGN_OR_RETURN(target.ca_pem, ReadFile(ca));
  target.token = flags.token_file.empty() ? Environment("ESSAIM_TOKEN") : "";
  const std::string token_file = FirstOf({flags.token_file, JsonText(config, "token_file")});
  if (target.token.empty() && !token_file.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(const std::string token, ReadFile(token_file));
    target.token = std::string(absl::StripAsciiWhitespace(token));
  }
  return target;
}

absl::StatusOr<std::string> CallHub(const transport::RestTarget& target, const std::string& method,
                                    const std::string& path, const std::string& body) {
  ESSAIM_ASSIGN_OR_RETURN(
      transport::RestResponse response,
      transport::Call(target, method, path, body, "application/json", kTimeoutMs));
  if (response.status != 200) return HubError(response.status, response.body);
  return std::move(response.body);
}

}  // namespace essaim::cli
