// How a site joins: ask the hub, show a fingerprint, wait for the operator.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "node/node_folder.h"

namespace essaim::node {

// Asks once. `show` is given the fingerprint to compare.
absl::Status RequestEnrolment(NodeFolder& folder,
                              const std::function<void(const std::string&)>& show);
// kUnavailable while the operator has not approved; then the certificate is in the folder.
absl::Status CollectCertificate(NodeFolder& folder);

}  // namespace essaim::node
