#include "transport/federation_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "essaim/v1/exchange.grpc.pb.h"
#include "transport/frame_queue.h"
#include "transport/frames.h"
#include "transport/tls_floor.h"

namespace essaim::transport {
namespace {

using Stream = grpc::ServerReaderWriter<v1::HubFrame, v1::NodeFrame>;

struct Session {
  FrameQueue<v1::HubFrame> queue;
  grpc::ServerContext* context = nullptr;
};

std::string CommonNameOf(const grpc::ServerContext& context) {
  const auto names = context.auth_context()->FindPropertyValues("x509_common_name");
  return names.size() == 1 ? std::string(names[0].data(), names[0].size()) : std::string();
}

class ServerImpl final : public FederationServer, public v1::Federation::Service {
 public:
  ServerImpl(ServerCallbacks callbacks, v1::Welcome welcome, Log& log)
      : callbacks_(std::move(callbacks)), welcome_(std::move(welcome)), log_(log) {}

  ~ServerImpl() override { Stop(); }

  absl::Status Listen(const std::string& address, const ServerTls& tls) {
    RequireTls13();
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = tls.client_ca_pem;
    options.pem_key_cert_pairs.push_back({tls.key_pem, tls.certificate_chain_pem});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::SslServerCredentials(options), &port_);
    builder.SetMaxReceiveMessageSize(kFrameBytesMax);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", address, ": is another process there?"));
    }
    return absl::OkStatus();
  }

  grpc::Status Connect(grpc::ServerContext* context, Stream* stream) override {
    const std::string site = CommonNameOf(*context);
    v1::NodeFrame frame;
    if (site.empty() || !stream->Read(&frame) || !frame.has_hello() ||
        frame.hello().site() != site) {
      return {grpc::StatusCode::PERMISSION_DENIED, "the certificate is not this site's"};
    }
    if (frame.hello().protocol() != 1)
      return {grpc::StatusCode::FAILED_PRECONDITION, "another protocol version"};
    auto session = std::make_shared<Session>();
    session->context = context;
    Enter(site, session);
    const absl::Status accepted = callbacks_.on_connect(site, frame.hello().software_version());
    if (!accepted.ok()) {
      Leave(site, session);
      return {grpc::StatusCode::PERMISSION_DENIED, "the hub refuses this site"};
    }
    std::thread writer(
        [&] { session->queue.Drain([&](const v1::HubFrame& f) { return stream->Write(f); }); });
    ReadAll(site, *session, *stream);
    session->queue.Close();
    writer.join();
    if (Leave(site, session)) callbacks_.on_disconnect(site);
    return grpc::Status::OK;
  }

  int port() const override { return port_; }

  void Ask(const std::string& site, const std::string& run_id, std::uint64_t number,
           const std::string& body) override {
    const std::shared_ptr<Session> session = Find(site);
    if (session == nullptr) return;
    SplitBody(body, [&](std::string_view part, bool more) {
      v1::HubFrame frame;
      frame.mutable_ask()->set_run_id(run_id);
      frame.mutable_ask()->set_number(number);
      frame.mutable_ask()->set_body(std::string(part));
      frame.mutable_ask()->set_more(more);
      session->queue.Push(std::move(frame));
    });
  }

  void RunEnded(const std::string& site, const std::string& run_id) override {
    const std::shared_ptr<Session> session = Find(site);
    if (session == nullptr) return;
    v1::HubFrame frame;
    frame.mutable_run_ended()->set_run_id(run_id);
    session->queue.Push(std::move(frame));
  }

  void SetRoster(std::vector<v1::Peer> roster) override {
    const std::scoped_lock lock(mutex_);
    welcome_.mutable_roster()->Assign(roster.begin(), roster.end());
    v1::HubFrame frame;
    *frame.mutable_welcome() = welcome_;
    for (const auto& [site, session] : sessions_) session->queue.Push(frame);
  }

  void Drop(const std::string& site) override {
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(site);
    if (found != sessions_.end()) found->second->context->TryCancel();
  }

  void Stop() override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    server_.reset();
  }

 private:
  std::shared_ptr<Session> Find(const std::string& site) {
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(site);
    return found == sessions_.end() ? nullptr : found->second;
  }

  void Enter(const std::string& site, const std::shared_ptr<Session>& session) {
    const std::scoped_lock lock(mutex_);
    const auto old = sessions_.find(site);
    if (old != sessions_.end()) old->second->context->TryCancel();
    sessions_[site] = session;
    v1::HubFrame frame;
    *frame.mutable_welcome() = welcome_;
    session->queue.Push(std::move(frame));
  }

  // Whether the session was still the site's.
  bool Leave(const std::string& site, const std::shared_ptr<Session>& session) {
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(site);
    if (found == sessions_.end() || found->second != session) return false;
    sessions_.erase(found);
    return true;
  }

  void ReadAll(const std::string& site, Session& session, Stream& stream) {
    Assembler assembler;
    v1::NodeFrame frame;
    while (stream.Read(&frame)) {
      if (frame.has_answer()) {
        const v1::Answer& answer = frame.answer();
        auto body = assembler.Take(answer.run_id(), answer.number(), answer.body(), answer.more());
        if (!body.ok()) {
          log_.Warning("stream ended",
                       {{"site", site}, {"why", std::string(body.status().message())}});
          return session.context->TryCancel();
        }
        if (body->first)
          callbacks_.on_answer(site, answer.run_id(), answer.number(), std::move(body->second));
      } else if (frame.has_wait()) {
        callbacks_.on_wait(site, frame.wait().run_id(), frame.wait().number());
      } else if (frame.has_renew()) {
        const absl::StatusOr<std::string> pem =
            callbacks_.on_renew(site, frame.renew().certificate_request_pem());
        if (!pem.ok()) continue;
        v1::HubFrame out;
        out.mutable_certificate()->set_chain_pem(*pem);
        session.queue.Push(std::move(out));
      }
    }
  }

  ServerCallbacks callbacks_;
  v1::Welcome welcome_;
  Log& log_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FederationServer>> FederationServer::Start(
    const std::string& address, const ServerTls& tls, ServerCallbacks callbacks,
    v1::Welcome welcome, Log& log) {
  auto server = std::make_unique<ServerImpl>(std::move(callbacks), std::move(welcome), log);
  const absl::Status listening = server->Listen(address, tls);
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace essaim::transport
