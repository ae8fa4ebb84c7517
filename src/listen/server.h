// Takes senders' connections on one port and hands their messages to a receiver.
//
// One thread and one loop for all senders: what came in one turn of it is kept with one sync, so
// that many senders cost the disk little more than one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "crypto/tls_session.h"
#include "listen/connection.h"

namespace essaim::listen {

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6, no name
  int port = 0;                       // 0: one that is free
  std::size_t connections_max = 64;
  std::size_t buffered_bytes_max = std::size_t{256} << 20;  // of all connections
  ConnectionLimits limits = {};
  const crypto::TlsContext* tls = nullptr;  // null: plain. Not owned
};

// Whether nobody but this machine reaches the address. kInvalidArgument: it is no IP address.
absl::StatusOr<bool> IsLoopback(const std::string& address);

struct ServerCounts {
  std::atomic<std::uint64_t> n_connections{0}, n_now{0}, n_dropped{0};
};

class Server {
 public:
  using Receive = std::function<std::vector<std::string>(const std::vector<std::string>&)>;

  // kUnavailable: the port is taken.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const ServerOptions& options,
                                                        Receive receive, Log& log);
  virtual ~Server() = default;
  virtual int port() const = 0;
  // Until `stop` is true: then no new message is taken, and what was answered is sent, for at most
  // five seconds. kUnavailable: the socket failed.
  virtual absl::Status Serve(const std::atomic<bool>& stop) = 0;
  virtual const ServerCounts& counts() const = 0;  // from any thread
};

}  // namespace essaim::listen
