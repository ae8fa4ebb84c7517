#include "transport/control_socket.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "essaim/v1/control.grpc.pb.h"

namespace essaim::transport {
namespace {

constexpr std::size_t kPathBytesMax = 107;  // sun_path of unix(7), with its closing zero
constexpr auto kPatience = std::chrono::seconds(5);

class ServerImpl final : public ControlServer, public v1::Control::Service {
 public:
  ServerImpl(std::string path, ControlCallbacks callbacks)
      : path_(std::move(path)), callbacks_(std::move(callbacks)) {}

  ~ServerImpl() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kPatience);
    server_.reset();
    unlink(path_.c_str());
  }

  absl::Status Listen() {
    unlink(path_.c_str());
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("unix:", path_), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    // Never open to others, not even between its making and a chmod.
    const mode_t before = umask(0177);
    server_ = builder.BuildAndStart();
    umask(before);
    if (server_ == nullptr) return absl::UnavailableError(absl::StrCat("cannot listen on ", path_));
    return absl::OkStatus();
  }

  grpc::Status Status(grpc::ServerContext*, const v1::ControlStatusAsk*,
                      v1::ControlStatus* out) override {
    *out = callbacks_.status();
    return grpc::Status::OK;
  }

  grpc::Status Stop(grpc::ServerContext*, const v1::ControlStopAsk*, v1::ControlStopped*) override {
    callbacks_.stop();
    return grpc::Status::OK;
  }

 private:
  std::string path_;
  ControlCallbacks callbacks_;
  std::unique_ptr<grpc::Server> server_;
};

template <typename Call>
absl::Status CallControl(const std::string& path, Call call) {
  const auto stub = v1::Control::NewStub(
      grpc::CreateChannel(absl::StrCat("unix:", path), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const grpc::Status status = call(*stub, context);
  if (status.ok()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("no node answers on ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(const std::string& path,
                                                                    ControlCallbacks callbacks) {
  if (path.size() > kPathBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a socket's path has at most ", kPathBytesMax, " bytes"));
  }
  auto server = std::make_unique<ServerImpl>(path, std::move(callbacks));
  const absl::Status listening = server->Listen();
  if (!listening.ok()) return listening;
  return server;
}

absl::StatusOr<v1::ControlStatus> ControlStatusAt(const std::string& path) {
  v1::ControlStatus out;
  const absl::Status called = CallControl(path, [&](auto& stub, grpc::ClientContext& context) {
    return stub.Status(&context, v1::ControlStatusAsk(), &out);
  });
  if (!called.ok()) return called;
  return out;
}

absl::Status ControlStopAt(const std::string& path) {
  return CallControl(path, [&](auto& stub, grpc::ClientContext& context) {
    v1::ControlStopped out;
    return stub.Stop(&context, v1::ControlStopAsk(), &out);
  });
}

}  // namespace essaim::transport
