#include "node/control.h"

#include <utility>

#include "base/version.h"

namespace essaim::node {

std::string ControlPath(const std::string& dir) { return dir + "/control.sock"; }

std::unique_ptr<transport::ControlServer> ServeControl(const std::string& dir,
                                                       const NodeService& service,
                                                       std::function<bool()> connected,
                                                       std::function<void()> stop,
                                                       const Clock& clock, Log& log) {
  const std::int64_t started_ms = clock.NowMs();
  auto server = transport::ControlServer::Start(
      ControlPath(dir), {.status =
                             [&service, connected = std::move(connected), started_ms] {
                               v1::ControlStatus status;
                               status.set_software_version(kVersion);
                               status.set_started_ms(started_ms);
                               status.set_connected(connected());
                               for (const v1::ControlRun& run : service.Runs())
                                 *status.add_runs() = run;
                               return status;
                             },
                         .stop = std::move(stop)});
  if (server.ok()) return *std::move(server);
  log.Warning("no control socket", {{"why", std::string(server.status().message())}});
  return nullptr;
}

}  // namespace essaim::node
