// The commands that talk to a running node through the socket in its folder.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "node/node_service.h"
#include "transport/control_socket.h"

namespace essaim::node {

std::string ControlPath(const std::string& dir);

// Serves until it is destroyed. Null, with a warning, if the socket cannot be made: the node works
// without.
std::unique_ptr<transport::ControlServer> ServeControl(const std::string& dir,
                                                       const NodeService& service,
                                                       std::function<bool()> connected,
                                                       std::function<void()> stop,
                                                       const Clock& clock, Log& log);

}  // namespace essaim::node
