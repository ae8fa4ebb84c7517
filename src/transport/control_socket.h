// A node's local control: a Unix socket in the site's folder, for the site's own commands.
//
// Who may open the socket may command the node: it has mode 0600 in a folder of mode 0700, so that
// is the node's own user and root. It is no port: nothing outside the machine reaches it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "essaim/v1/control.pb.h"

namespace essaim::transport {

// Called from the server's threads.
struct ControlCallbacks {
  std::function<v1::ControlStatus()> status;
  std::function<void()> stop;
};

class ControlServer {
 public:
  // kInvalidArgument: the path is longer than a socket's may be (107 bytes). kUnavailable: it
  // cannot be made. A socket that a dead process left is replaced.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(const std::string& path,
                                                              ControlCallbacks callbacks);
  virtual ~ControlServer() = default;  // ends it and removes the socket
};

// kUnavailable: no node runs there.
absl::StatusOr<v1::ControlStatus> ControlStatusAt(const std::string& path);
absl::Status ControlStopAt(const std::string& path);

}  // namespace essaim::transport
