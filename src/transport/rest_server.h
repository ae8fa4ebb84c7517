// HTTPS for people's tools.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "transport/federation_server.h"
#include "transport/rest_types.h"

namespace essaim::transport {

class RestServer {
 public:
  using Handler = std::function<RestResponse(const RestRequest&)>;
  // The next event's data after event number `after` (waits up to a second), "" if nothing is new,
  // nullopt at the end. The data carries its own number as "version": N.
  using Events = std::function<std::optional<std::string>(const RestRequest&, std::uint64_t after)>;

  // A GET whose path ends in /events is first passed to `handler`; answered with 200, it becomes a
  // stream of events. kUnavailable if the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<RestServer>> Start(const std::string& address,
                                                           const ServerTls& tls, Handler handler,
                                                           Events events, Log& log);
  virtual ~RestServer() = default;
  virtual int port() const = 0;
  virtual void Stop() = 0;
};

}  // namespace essaim::transport
