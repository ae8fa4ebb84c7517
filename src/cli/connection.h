// Where the hub is and who asks: from flags, the environment, or the configuration file.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "transport/rest_client.h"

namespace CLI {
class App;
}

namespace essaim::cli {

// --hub, --ca, --token-file; then ESSAIM_HUB, ESSAIM_CA, ESSAIM_TOKEN; then
// ~/.config/essaim/config.json.
struct ConnectionFlags {
  std::string hub, ca_file, token_file, hub_dir;
};

void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags);
// The hub of a folder on this machine, with the operator's token.
absl::StatusOr<transport::RestTarget> LocalHub(const std::string& dir);
absl::StatusOr<transport::RestTarget> TargetOf(const ConnectionFlags& flags);

// A call whose answer must be 200: its body. Otherwise the hub's own words with a fitting code.
absl::StatusOr<std::string> CallHub(const transport::RestTarget& target, const std::string& method,
                                    const std::string& path, const std::string& body = "");

}  // namespace essaim::cli
