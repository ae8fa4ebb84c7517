#include "hub/hub_folder.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "store/store.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

constexpr int kAuthorityDays = 3650;
constexpr int kServerDays = 825;

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

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
  ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(path));
  ESSAIM_ASSIGN_OR_RETURN(
      const crypto::Authority authority,
      crypto::MakeAuthority(absl::StrCat(config.name, " authority"), now_ms, kAuthorityDays));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, crypto::MakeKeyPem());
  ESSAIM_ASSIGN_OR_RETURN(const std::string request, crypto::MakeRequestPem(key, "hub"));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::string server,
      crypto::SignRequest(authority, request,
                          {.common_name = "hub",
                           .role = "hub",
                           .addresses = {HostOf(config.rest_address), HostOf(config.grpc_address)},
                           .now_ms = now_ms,
                           .days = kServerDays}));
  ESSAIM_ASSIGN_OR_RETURN(const std::string token, NewToken(entropy));
  const Json json = {
      {"name", config.name}, {"rest", config.rest_address}, {"grpc", config.grpc_address}};
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
  ESSAIM_RETURN_IF_ERROR(
      WriteFile(path + "/hub.json", json.dump(2) + "\n"));  // last: a folder with it is complete
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
  const Json json = Json::parse(*text, nullptr, false);
  for (const char* key : {"name", "rest", "grpc"}) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, "/hub.json: \"", key, "\": a text was expected"));
    }
  }
  folder.config = {
      .name = json["name"], .rest_address = json["rest"], .grpc_address = json["grpc"]};
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

}  // namespace essaim::hub
