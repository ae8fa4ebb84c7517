// The hub's folder: configuration, the authority, the server's keys, the operator's token.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "crypto/certificates.h"

namespace essaim::hub {

struct HubConfig {
  std::string name;          // the federation's
  std::string rest_address;  // host:port for people, as they reach it
  std::string grpc_address;  // host:port for nodes, as they reach it
  // Where the process listens, if that is another: behind a NAT or a proxy, 0.0.0.0:8443.
  std::string rest_listen = "", grpc_listen = "";
  std::vector<std::string> names = {};  // further host names or addresses of the certificate

  const std::string& rest_socket() const {
    return rest_listen.empty() ? rest_address : rest_listen;
  }

  const std::string& grpc_socket() const {
    return grpc_listen.empty() ? grpc_address : grpc_listen;
  }
};

struct HubFolder {
  std::string path;
  HubConfig config;
  crypto::Authority authority;
  std::string ca_fingerprint;
  std::string server_chain_pem;
  SecretBytes server_key_pem;
};

struct NewHub {
  HubFolder folder;
  std::string operator_token;
};

// Makes everything. kAlreadyExists if the folder is not empty.
absl::StatusOr<NewHub> InitHubFolder(const std::string& path, const HubConfig& config,
                                     std::int64_t now_ms, Entropy& entropy);
absl::StatusOr<HubFolder> OpenHubFolder(const std::string& path);

// Stores the configuration and a new certificate of the server for it; key and authority stay, so
// nothing changes for sites and people. Takes effect when the hub is started again.
absl::Status RenewServer(HubFolder& folder, const HubConfig& config, std::int64_t now_ms);
// Whether two thirds of the server's certificate's time are over.
bool ServerIsDue(const HubFolder& folder, std::int64_t now_ms);

absl::StatusOr<std::string> NewToken(Entropy& entropy);  // 64 hexadecimal digits
std::string TokenHash(const std::string& token);         // what is stored

}  // namespace essaim::hub
