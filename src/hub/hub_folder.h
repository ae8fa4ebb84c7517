// The hub's folder: configuration, the authority, the server's keys, the operator's token.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "crypto/certificates.h"

namespace essaim::hub {

struct HubConfig {
  std::string name;          // the federation's
  std::string rest_address;  // host:port for people
  std::string grpc_address;  // host:port for nodes
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

absl::StatusOr<std::string> NewToken(Entropy& entropy);  // 64 hexadecimal digits
std::string TokenHash(const std::string& token);         // what is stored

}  // namespace essaim::hub
