#include "hub/hub_folder.h"

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "store/store.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

constexpr int kAuthorityDays = 3650;
constexpr int kServerDays = 825;

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

absl::Status CheckAddress(const char* what, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  int port = 0;
  if (colon != std::string::npos && colon > 0 &&
      absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 && port < 65536)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": host:port was expected, as hub.example:8443; it is '", address, "'"));
}

absl::Status CheckConfig(const HubConfig& config) {
  ESSAIM_RETURN_IF_ERROR(CheckAddress("rest", config.rest_address));
  ESSAIM_RETURN_IF_ERROR(CheckAddress("grpc", config.grpc_address));
  ESSAIM_RETURN_IF_ERROR(CheckAddress("rest_listen", config.rest_socket()));
  return CheckAddress("grpc_listen", config.grpc_socket());
}

absl::Status StoreConfig(const std::string& path, const HubConfig& config) {
  Json json = {{"name", config.name}, {"rest", config.rest_address}, {"grpc", config.grpc_address}};
  if (!config.rest_listen.empty()) json["rest_listen"] = config.rest_listen;
  if (!config.grpc_listen.empty()) json["grpc_listen"] = config.grpc_listen;
  if (!config.names.empty()) json["names"] = config.names;
  return WriteFile(path + "/hub.json", json.dump(2) + "\n");
}

absl::StatusOr<std::string> ServerCertificate(const crypto::Authority& authority,
                                              const SecretBytes& key, const HubConfig& config,
                                              std::int64_t now_ms) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string request, crypto::MakeRequestPem(key, "hub"));
  std::set<std::string> addresses(config.names.begin(), config.names.end());
  addresses.insert({HostOf(config.rest_address), HostOf(config.grpc_address)});
  return crypto::SignRequest(authority, request,
                             {.common_name = "hub",
                              .role = "hub",
                              .addresses = {addresses.begin(), addresses.end()},
                              .now_ms = now_ms,
                              .days = kServerDays});
}

absl::StatusOr<HubConfig> ConfigOf(const std::string& path, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  const auto wrong = [&](const char* key, const char* expected) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, "/hub.json: \"", key, "\": ", expected, " was expected"));
  };
  for (const char* key : {"name", "rest", "grpc"}) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string())
      return wrong(key, "a text");
  }
  for (const char* key : {"rest_listen", "grpc_listen"}) {
    if (json.contains(key) && !json[key].is_string()) return wrong(key, "a text");
  }
  HubConfig config{.name = json["name"],
                   .rest_address = json["rest"],
                   .grpc_address = json["grpc"],
                   .rest_listen = JsonText(json, "rest_listen"),
                   .grpc_listen = JsonText(json, "grpc_listen")};
  const Json names = json.value("names", Json::array());
  if (!names.is_array()) return wrong("names", "a list of texts");
  for (const Json& name : names) {
    if (!name.is_string()) return wrong("names", "a list of texts");
    config.names.push_back(name.get<std::string>());
  }
  ESSAIM_RETURN_IF_ERROR(CheckConfig(config));
  return config;
}

}  // namespace

absl::StatusOr<std::string> NewToken(Entropy& entropy) {
  std::string raw(32, '\0');
  ESSAIM_RETURN_IF_ERROR(entropy.Fill({reinterpret_cast<std::uint8_t*>(raw.data()), raw.size()}));
  return ToHex(raw);
}

std::string TokenHash(const std::string& token) {
  return ToHex(crypto::HashOf("essaim/token", {token}));
}

absl::StatusOr<NewHub> InitHubFolder(const std::string& path, const HubConfig& config,
                                     std::int64_t now_ms, Entropy& entropy) {
  ESSAIM_RETURN_IF_ERROR(CheckConfig(config));
  ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(path));
  ESSAIM_ASSIGN_OR_RETURN(
      const crypto::Authority authority,
      crypto::MakeAuthority(absl::StrCat(config.name, " authority"), now_ms, kAuthorityDays));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, crypto::MakeKeyPem());
  ESSAIM_ASSIGN_OR_RETURN(const std::string server,
                          ServerCertificate(authority, key, config, now_ms));
  ESSAIM_ASSIGN_OR_RETURN(const std::string token, NewToken(entropy));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/ca.pem", authority.certificate_pem));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/ca.key", authority.key_pem.view(), 0600));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/server.pem", server));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/server.key", key.view(), 0600));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/operator.token", token + "\n", 0600));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::unique_ptr<Store> store,
      Store::Open({.path = path + "/hub.db", .sealing_key = {}, .entropy = nullptr}));
  ESSAIM_RETURN_IF_ERROR(
      store->Put("token", TokenHash(token), R"({"name":"operator","role":"operator"})"));
  ESSAIM_RETURN_IF_ERROR(StoreConfig(path, config));  // last: a folder with it is complete
  ESSAIM_ASSIGN_OR_RETURN(HubFolder folder, OpenHubFolder(path));
  return NewHub{.folder = std::move(folder), .operator_token = token};
}

absl::StatusOr<HubFolder> OpenHubFolder(const std::string& path) {
  HubFolder folder{.path = path,
                   .config = {},
                   .authority = {},
                   .ca_fingerprint = "",
                   .server_chain_pem = "",
                   .server_key_pem = {}};
  absl::StatusOr<std::string> text = ReadFile(path + "/hub.json");
  if (!text.ok()) {
    return absl::NotFoundError(absl::StrCat(
        path, " is not a hub's folder; make one with: essaim hub init ", path, " --name NAME"));
  }
  ESSAIM_ASSIGN_OR_RETURN(folder.config, ConfigOf(path, *text));
  ESSAIM_ASSIGN_OR_RETURN(folder.authority.certificate_pem, ReadFile(path + "/ca.pem"));
  ESSAIM_ASSIGN_OR_RETURN(const std::string ca_key, ReadFile(path + "/ca.key"));
  folder.authority.key_pem = SecretBytes::CopyOf(ca_key);
  ESSAIM_ASSIGN_OR_RETURN(folder.server_chain_pem, ReadFile(path + "/server.pem"));
  ESSAIM_ASSIGN_OR_RETURN(const std::string server_key, ReadFile(path + "/server.key"));
  folder.server_key_pem = SecretBytes::CopyOf(server_key);
  ESSAIM_ASSIGN_OR_RETURN(const crypto::CertificateInfo info,
                          crypto::ReadCertificate(folder.authority.certificate_pem));
  folder.ca_fingerprint = info.fingerprint;
  return folder;
}

absl::Status RenewServer(HubFolder& folder, const HubConfig& config, std::int64_t now_ms) {
  ESSAIM_RETURN_IF_ERROR(CheckConfig(config));
  ESSAIM_ASSIGN_OR_RETURN(
      folder.server_chain_pem,
      ServerCertificate(folder.authority, folder.server_key_pem, config, now_ms));
  ESSAIM_RETURN_IF_ERROR(WriteFile(folder.path + "/server.pem", folder.server_chain_pem));
  folder.config = config;
  return StoreConfig(folder.path, config);
}

bool ServerIsDue(const HubFolder& folder, std::int64_t now_ms) {
  const auto info = crypto::ReadCertificate(folder.server_chain_pem);
  return !info.ok() || now_ms >= crypto::RenewAtMs(*info);
}

}  // namespace essaim::hub
