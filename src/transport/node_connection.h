// A node's one connection to the hub: dialled out, kept open, made again for ever.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/log.h"
#include "essaim/v1/exchange.pb.h"

namespace essaim::transport {

struct ClientTls {
  std::string certificate_chain_pem;
  std::string key_pem;
  std::string server_ca_pem;
};

// Called from the connection's thread, one at a time; must be quick.
struct NodeCallbacks {
  std::function<void(const v1::Welcome& welcome)> on_welcome;
  std::function<void(const std::string& run_id, std::uint64_t number, std::string body)> on_ask;
  std::function<void(const std::string& run_id)> on_run_ended;
  std::function<void(const std::string& chain_pem)> on_certificate;
  std::function<void(const absl::Status& why)> on_lost;
};

// Honours https_proxy and no_proxy. After a loss it waits 0.2 s, doubling to 30 s, give or take a
// fifth. What is sent while there is no connection is dropped: the hub asks again. Thread-safe.
class NodeConnection {
 public:
  static std::unique_ptr<NodeConnection> Start(const std::string& address, ClientTls tls,
                                               const std::string& site, const std::string& version,
                                               NodeCallbacks callbacks, Log& log);
  virtual ~NodeConnection() = default;

  virtual void Answer(const std::string& run_id, std::uint64_t number, const std::string& body) = 0;
  virtual void Wait(const std::string& run_id, std::uint64_t number) = 0;
  virtual void Renew(const std::string& request_pem) = 0;
  virtual void SetTls(ClientTls tls) = 0;  // from the next connection on
  virtual bool connected() const = 0;
  virtual void Stop() = 0;
};

}  // namespace essaim::transport
