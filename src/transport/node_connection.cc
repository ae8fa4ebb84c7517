#include "transport/node_connection.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/entropy.h"
#include "essaim/v1/exchange.grpc.pb.h"
#include "transport/frame_queue.h"
#include "transport/frames.h"
#include "transport/tls_floor.h"

namespace essaim::transport {
namespace {

using std::chrono::milliseconds;

constexpr int kBackoffMsMin = 200;
constexpr int kBackoffMsMax = 30'000;

class ConnectionImpl final : public NodeConnection {
 public:
  ConnectionImpl(std::string address, ClientTls tls, std::string site, std::string version,
                 NodeCallbacks callbacks, Log& log)
      : address_(std::move(address)),
        tls_(std::move(tls)),
        site_(std::move(site)),
        version_(std::move(version)),
        callbacks_(std::move(callbacks)),
        log_(log),
        thread_([this] { Run(); }) {}

  ~ConnectionImpl() override { Stop(); }

  void Answer(const std::string& run_id, std::uint64_t number, const std::string& body) override {
    const std::shared_ptr<FrameQueue<v1::NodeFrame>> queue = Queue();
    if (queue == nullptr) return;
    SplitBody(body, [&](std::string_view part, bool more) {
      v1::NodeFrame frame;
      frame.mutable_answer()->set_run_id(run_id);
      frame.mutable_answer()->set_number(number);
      frame.mutable_answer()->set_body(std::string(part));
      frame.mutable_answer()->set_more(more);
      queue->Push(std::move(frame));
    });
  }

  void Wait(const std::string& run_id, std::uint64_t number) override {
    v1::NodeFrame frame;
    frame.mutable_wait()->set_run_id(run_id);
    frame.mutable_wait()->set_number(number);
    if (const auto queue = Queue()) queue->Push(std::move(frame));
  }

  void Renew(const std::string& request_pem) override {
    v1::NodeFrame frame;
    frame.mutable_renew()->set_certificate_request_pem(request_pem);
    if (const auto queue = Queue()) queue->Push(std::move(frame));
  }

  void SetTls(ClientTls tls) override {
    const std::scoped_lock lock(mutex_);
    tls_ = std::move(tls);
  }

  bool connected() const override { return connected_; }

  void Stop() override {
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    stopped_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::shared_ptr<FrameQueue<v1::NodeFrame>> Queue() {
    const std::scoped_lock lock(mutex_);
    return queue_;
  }

  void Run() {
    int backoff_ms = kBackoffMsMin;
    while (true) {
      const absl::Status ended = ConnectOnce();
      if (connected_.exchange(false)) backoff_ms = kBackoffMsMin;
      std::unique_lock lock(mutex_);
      if (stop_) return;
      lock.unlock();
      callbacks_.on_lost(ended);
      lock.lock();
      if (stopped_.wait_for(lock, milliseconds(Jittered(backoff_ms)), [&] { return stop_; }))
        return;
      backoff_ms = std::min(2 * backoff_ms, kBackoffMsMax);
    }
  }

  // A fifth more or less, so that the sites do not come back all at once.
  static int Jittered(int ms) {
    std::uint8_t byte = 128;
    crypto::SystemEntropy entropy;
    if (!entropy.Fill({&byte, 1}).ok()) return ms;
    return ms * 4 / 5 + ms * 2 / 5 * byte / 255;
  }

  std::shared_ptr<grpc::Channel> Dial() {
    RequireTls13();
    const std::scoped_lock lock(mutex_);
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = tls_.server_ca_pem;
    options.pem_private_key = tls_.key_pem;
    options.pem_cert_chain = tls_.certificate_chain_pem;
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kFrameBytesMax);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL,
                     1);  // a new certificate needs a new connection
    return grpc::CreateCustomChannel(address_, grpc::SslCredentials(options), arguments);
  }

  absl::Status ConnectOnce() {
    const std::shared_ptr<grpc::Channel> channel = Dial();
    const auto stub = v1::Federation::NewStub(channel);
    grpc::ClientContext context;
    auto queue = std::make_shared<FrameQueue<v1::NodeFrame>>();
    {
      const std::scoped_lock lock(mutex_);
      if (stop_) return absl::CancelledError("stopping");
      context_ = &context;
      queue_ = queue;
    }
    const auto stream = stub->Connect(&context);
    v1::NodeFrame hello;
    hello.mutable_hello()->set_site(site_);
    hello.mutable_hello()->set_software_version(version_);
    hello.mutable_hello()->set_protocol(1);
    queue->Push(std::move(hello));
    std::thread writer(
        [&] { queue->Drain([&](const v1::NodeFrame& f) { return stream->Write(f); }); });
    const absl::Status read = ReadAll(*stream);
    if (!read.ok()) context.TryCancel();
    queue->Close();
    {
      const std::scoped_lock lock(mutex_);
      queue_ = nullptr;
    }
    writer.join();
    const grpc::Status status = stream->Finish();
    const std::scoped_lock lock(mutex_);
    context_ = nullptr;
    if (!read.ok()) return read;
    return absl::UnavailableError(
        absl::StrCat("the hub at ", address_, ": ", status.error_message()));
  }

  absl::Status ReadAll(grpc::ClientReaderWriter<v1::NodeFrame, v1::HubFrame>& stream) {
    Assembler assembler;
    v1::HubFrame frame;
    while (stream.Read(&frame)) {
      if (frame.has_welcome()) {
        if (!connected_.exchange(true)) log_.Info("connected", {{"hub", address_}});
        callbacks_.on_welcome(frame.welcome());
      } else if (frame.has_ask()) {
        const v1::Ask& ask = frame.ask();
        auto body = assembler.Take(ask.run_id(), ask.number(), ask.body(), ask.more());
        if (!body.ok()) return body.status();
        if (body->first) callbacks_.on_ask(ask.run_id(), ask.number(), std::move(body->second));
      } else if (frame.has_run_ended()) {
        callbacks_.on_run_ended(frame.run_ended().run_id());
      } else if (frame.has_certificate()) {
        callbacks_.on_certificate(frame.certificate().chain_pem());
      }
    }
    return absl::OkStatus();
  }

  const std::string address_;
  ClientTls tls_;
  const std::string site_, version_;
  const NodeCallbacks callbacks_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  grpc::ClientContext* context_ = nullptr;
  std::shared_ptr<FrameQueue<v1::NodeFrame>> queue_;
  std::atomic<bool> connected_{false};
  std::thread thread_;  // last: everything it uses is there before it starts
};

}  // namespace

std::unique_ptr<NodeConnection> NodeConnection::Start(const std::string& address, ClientTls tls,
                                                      const std::string& site,
                                                      const std::string& version,
                                                      NodeCallbacks callbacks, Log& log) {
  return std::make_unique<ConnectionImpl>(address, std::move(tls), site, version,
                                          std::move(callbacks), log);
}

}  // namespace essaim::transport
