#include "listen/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::listen {
namespace {

constexpr int kTurnMs = 100;
constexpr std::size_t kReadBytes = 65'536;
constexpr std::int64_t kGoodbyeMs = 5'000;
constexpr std::size_t kMessagesPerTurn = 1'000;

std::int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::Status Failed(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

struct Address {
  sockaddr_storage bytes{};
  socklen_t length = 0;
};

absl::StatusOr<Address> AddressOf(const std::string& text, int port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.bytes);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    address.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    address.length = sizeof *v6;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "': an IP address was expected, as 127.0.0.1 or ::1"));
  }
  return address;
}

struct Sender {
  int fd;
  Connection connection;
  bool closing = false;  // nothing more is read; closed once what is unsent is sent
  bool gone = false;
};

class ServerImpl final : public Server {
 public:
  ServerImpl(const ServerOptions& options, Receive receive, Log& log)
      : options_(options), receive_(std::move(receive)), log_(log) {}

  ~ServerImpl() override {
    for (const Sender& sender : senders_) close(sender.fd);
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Open() {
    ESSAIM_ASSIGN_OR_RETURN(const Address address, AddressOf(options_.address, options_.port));
    const std::string name = absl::StrCat(options_.address, " port ", options_.port);
    fd_ = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return Failed(name);
    const int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address.bytes), address.length) != 0 ||
        ::listen(fd_, 128) != 0)
      return Failed(name);
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return Failed(name);
    port_ = ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&bound)->sin_port
                                             : reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  const ServerCounts& counts() const override { return counts_; }

  absl::Status Serve(const std::atomic<bool>& stop) override {
    while (!stop) ESSAIM_RETURN_IF_ERROR(Turn(true));
    for (Sender& sender : senders_) {
      sender.connection.End();
      sender.closing = true;
    }
    const std::int64_t until_ms = SteadyMs() + kGoodbyeMs;
    while (!senders_.empty() && SteadyMs() < until_ms) ESSAIM_RETURN_IF_ERROR(Turn(false));
    return absl::OkStatus();
  }

 private:
  absl::Status Turn(bool takes) {
    const bool accepts = takes && SteadyMs() >= accepts_at_ms_;
    std::vector<pollfd> waiting = {
        {.fd = fd_, .events = static_cast<short>(accepts ? POLLIN : 0), .revents = 0}};
    for (const Sender& s : senders_) {
      const bool reads = !s.closing && s.connection.wants_more();
      const bool writes = !s.connection.unsent().empty();
      waiting.push_back(
          {.fd = s.fd,
           .events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)),
           .revents = 0});
    }
    const int n = poll(waiting.data(), waiting.size(), kTurnMs);
    if (n < 0 && errno != EINTR) return Failed("poll");
    if (n < 0) return absl::OkStatus();  // a signal: whoever calls looks at `stop`
    std::size_t i = 1;
    for (Sender& s : senders_) {
      const short happened = waiting[i++].revents;
      if ((happened & (POLLERR | POLLNVAL)) != 0) s.gone = true;
      if (!s.gone && !s.closing && (happened & (POLLIN | POLLHUP)) != 0) ReadFrom(s);
    }
    HandOver();
    for (Sender& s : senders_) Settle(s);
    senders_.remove_if([&](const Sender& s) {
      if (s.gone) close(s.fd);
      return s.gone;
    });
    counts_.n_now = senders_.size();
    if ((waiting[0].revents & POLLIN) != 0) Accept();
    return absl::OkStatus();
  }

  void Accept() {
    while (true) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        // Where there are too many open files, the loop must not spin.
        if (errno != EMFILE && errno != ENFILE) return;
        log_.Error("no further connection: too many open files", {});
        accepts_at_ms_ = SteadyMs() + 1'000;
        return;
      }
      if (senders_.size() >= options_.connections_max) {
        Drop("too many connections");
        close(fd);
        continue;
      }
      std::unique_ptr<crypto::TlsSession> session;
      if (options_.tls != nullptr) {
        auto begun = options_.tls->Begin();
        if (!begun.ok()) {
          Drop(std::string(begun.status().message()));
          close(fd);
          continue;
        }
        session = *std::move(begun);
      }
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      senders_.push_back(
          {.fd = fd, .connection = Connection(std::move(session), options_.limits, SteadyMs())});
      ++counts_.n_connections;
    }
  }

  void ReadFrom(Sender& s) {
    char buffer[kReadBytes];
    const ssize_t n = recv(s.fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {  // what was not whole is not a message
      s.gone = n < 0;
      s.closing = true;
      return;
    }
    const absl::Status taken = s.connection.Take({buffer, static_cast<std::size_t>(n)}, SteadyMs());
    if (!taken.ok()) {
      Drop(std::string(taken.message()));
      s.closing = true;
    }
    if (s.connection.peer_ended()) s.closing = true;
  }

  // The messages of this turn, of every sender in the order of each.
  void HandOver() {
    std::vector<std::string> messages;
    std::vector<Sender*> from;
    for (Sender& s : senders_) {
      while (!s.gone && messages.size() < kMessagesPerTurn) {
        std::optional<std::string> message = s.connection.Next();
        if (!message.has_value()) break;
        messages.push_back(*std::move(message));
        from.push_back(&s);
      }
      if (!s.connection.status().ok() && !s.closing) {
        Drop(std::string(s.connection.status().message()));
        s.closing = true;
      }
    }
    if (messages.empty()) return;
    const std::vector<std::string> answers = receive_(messages);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const absl::Status answered = from[i]->connection.Answer(answers[i], SteadyMs());
      if (!answered.ok()) from[i]->gone = true;  // it comes again, and is known then
    }
  }

  // Sends, and gives up what takes too long or too much.
  void Settle(Sender& s) {
    while (!s.gone && !s.connection.unsent().empty()) {
      const std::string_view bytes = s.connection.unsent();
      const ssize_t n = send(s.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (n < 0) s.gone = true;
      if (n >= 0) s.connection.Sent(static_cast<std::size_t>(n), SteadyMs());
    }
    if (s.closing && s.connection.unsent().empty()) s.gone = true;
    const std::string_view overdue = s.connection.Overdue(SteadyMs());
    if (!s.gone && !overdue.empty()) {
      Drop(overdue);
      s.gone = true;
    }
    std::size_t buffered = 0;
    for (const Sender& other : senders_) buffered += other.gone ? 0 : other.connection.buffered();
    if (!s.gone && buffered > options_.buffered_bytes_max && s.connection.buffered() > 0) {
      Drop("too much unfinished from all senders together");
      s.gone = true;
    }
  }

  void Drop(std::string_view why) {
    ++counts_.n_dropped;
    log_.Warning("a connection is dropped", {{"why", std::string(why)}});
  }

  const ServerOptions options_;
  Receive receive_;
  Log& log_;
  int fd_ = -1, port_ = 0;
  std::int64_t accepts_at_ms_ = 0;
  std::list<Sender> senders_;
  ServerCounts counts_;
};

}  // namespace

absl::StatusOr<bool> IsLoopback(const std::string& address) {
  ESSAIM_ASSIGN_OR_RETURN(const Address parsed, AddressOf(address, 0));
  if (parsed.bytes.ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&parsed.bytes)->sin6_addr);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&parsed.bytes);
  return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const ServerOptions& options,
                                                       Receive receive, Log& log) {
  auto server = std::make_unique<ServerImpl>(options, std::move(receive), log);
  ESSAIM_RETURN_IF_ERROR(server->Open());
  return server;
}

}  // namespace essaim::listen
