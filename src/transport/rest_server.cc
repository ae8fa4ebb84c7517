#include "transport/rest_server.h"

#include <httplib.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "transport/pem_file.h"

namespace essaim::transport {
namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{8} << 20;
constexpr std::size_t kThreads = 32;

RestRequest RequestOf(const httplib::Request& request) {
  RestRequest out{.method = request.method,
                  .path = request.path,
                  .body = request.body,
                  .token = "",
                  .query = {},
                  .remote = request.remote_addr};
  const std::string authorisation = request.get_header_value("Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (authorisation.rfind(kBearer, 0) == 0) out.token = authorisation.substr(kBearer.size());
  out.query.insert(request.params.begin(), request.params.end());
  return out;
}

// The N of "version":N in an event's data.
std::uint64_t VersionOf(const std::string& data) {
  constexpr std::string_view kKey = "\"version\":";
  const std::size_t at = data.find(kKey);
  std::uint64_t version = 0;
  if (at != std::string::npos)
    std::from_chars(data.data() + at + kKey.size(), data.data() + data.size(), version);
  return version;
}

class RestServerImpl final : public RestServer {
 public:
  RestServerImpl(const PemFile& certificate, const PemFile& key, Handler handler, Events events)
      : server_(certificate.path().c_str(), key.path().c_str()),
        handler_(std::move(handler)),
        events_(std::move(events)) {}

  ~RestServerImpl() override { Stop(); }

  absl::Status Listen(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    int port = 0;
    if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
        !server_.is_valid()) {
      return absl::InvalidArgumentError(absl::StrCat(address, ": host:port was expected"));
    }
    SSL_CTX_set_min_proto_version(server_.ssl_context(), TLS1_3_VERSION);
    server_.set_payload_max_length(kBodyBytesMax);
    server_.set_read_timeout(30);
    server_.set_write_timeout(30);
    server_.set_tcp_nodelay(true);
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      Handle(request, response);
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    server_.Put(".*", handle);
    server_.Patch(".*", handle);
    server_.Delete(".*", handle);
    server_.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty()) return;  // the handler said what is wrong
      response.set_content(absl::StrCat(R"({"code":"INVALID_ARGUMENT","error":")", request.method,
                                        ": a body with its length was expected, of at most ",
                                        kBodyBytesMax, R"( bytes"})"),
                           "application/json");
    });
    const std::string host = address.substr(0, colon);
    port_ = port == 0 ? server_.bind_to_any_port(host.c_str())
                      : (server_.bind_to_port(host.c_str(), port) ? port : -1);
    if (port_ <= 0)
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", address, ": is another process there?"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A server that is stopped before it runs would run for ever.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  void Stop() override {
    stop_ = true;
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Handle(const httplib::Request& request, httplib::Response& response) {
    const RestRequest asked = RequestOf(request);
    const RestResponse answer = handler_(asked);
    response.status = answer.status;
    constexpr std::string_view kEvents = "/events";
    const bool streams = asked.path.size() > kEvents.size() && asked.path.ends_with(kEvents) &&
                         asked.method == "GET";
    if (!streams || answer.status != 200)
      return response.set_content(answer.body, answer.content_type.c_str());
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream",
        [this, asked, after = std::uint64_t{0}](std::size_t, httplib::DataSink& sink) mutable {
          const std::optional<std::string> data = stop_ ? std::nullopt : events_(asked, after);
          if (!data.has_value()) {
            sink.done();
            return true;
          }
          if (!data->empty()) after = VersionOf(*data);
          const std::string text = data->empty() ? std::string(": still here\n\n")
                                                 : absl::StrCat("data: ", *data, "\n\n");
          return sink.write(text.data(), text.size());
        });
  }

  httplib::SSLServer server_;
  Handler handler_;
  Events events_;
  std::atomic<bool> stop_{false};
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RestServer>> RestServer::Start(const std::string& address,
                                                              const ServerTls& tls, Handler handler,
                                                              Events events, Log&) {
  const PemFile certificate(tls.certificate_chain_pem), key(tls.key_pem);
  auto server =
      std::make_unique<RestServerImpl>(certificate, key, std::move(handler), std::move(events));
  const absl::Status listening = server->Listen(address);
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace essaim::transport
