// The hub's end of the nodes' streams: gRPC with mutual TLS 1.3.
//
// A site is the common name of its certificate. A second connection of a site replaces its first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "essaim/v1/exchange.pb.h"

namespace essaim::transport {

struct ServerTls {
  std::string certificate_chain_pem;
  std::string key_pem;
  std::string client_ca_pem;  // whose certificates the nodes must have
};

// Called from transport threads, never two at a time for one site; must be quick.
struct ServerCallbacks {
  std::function<absl::Status(const std::string& site, const std::string& version)>
      on_connect;  // error: refused
  std::function<void(const std::string& site)> on_disconnect;
  std::function<void(const std::string& site, const std::string& run_id, std::uint64_t number,
                     std::string body)>
      on_answer;
  std::function<void(const std::string& site, const std::string& run_id, std::uint64_t number)>
      on_wait;
  std::function<absl::StatusOr<std::string>(const std::string& site,
                                            const std::string& request_pem)>
      on_renew;
};

class FederationServer {
 public:
  // `address` is host:port, port 0 for any. kUnavailable if it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<FederationServer>> Start(const std::string& address,
                                                                 const ServerTls& tls,
                                                                 ServerCallbacks callbacks,
                                                                 v1::Welcome welcome, Log& log);
  virtual ~FederationServer() = default;

  virtual int port() const = 0;
  // Queued; dropped in silence if the site is not connected (it is said again when it is back).
  virtual void Ask(const std::string& site, const std::string& run_id, std::uint64_t number,
                   const std::string& body) = 0;
  virtual void RunEnded(const std::string& site, const std::string& run_id) = 0;
  virtual void SetRoster(
      std::vector<v1::Peer> roster) = 0;  // to connected sites at once, to others when they come
  virtual void Drop(const std::string& site) = 0;  // ends its stream at once
  virtual void Stop() = 0;
};

}  // namespace essaim::transport
