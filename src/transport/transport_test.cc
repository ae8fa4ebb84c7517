// Real gRPC and HTTPS on loopback, with certificates of a made authority.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/certificates.h"
#include "transport/control_socket.h"
#include "transport/federation_server.h"
#include "transport/node_connection.h"
#include "transport/rest_client.h"
#include "transport/rest_server.h"

namespace essaim::transport {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);
constexpr std::int64_t kDayMs = 86'400'000;

struct Party {
  std::string chain, key;
};

// An authority and what it signs.
class Pki {
 public:
  Pki() : authority_(*crypto::MakeAuthority("test", SystemClock().NowMs() - 100 * kDayMs, 1000)) {}

  Party Make(const std::string& name, const std::string& role, std::int64_t since_days = 0,
             const std::string& address = "") const {
    const SecretBytes key = *crypto::MakeKeyPem();
    crypto::SigningOptions options{.common_name = name,
                                   .role = role,
                                   .addresses = {},
                                   .now_ms = SystemClock().NowMs() - since_days * kDayMs,
                                   .days = 30};
    if (!address.empty()) options.addresses = {address};
    return {.chain = *crypto::SignRequest(authority_, *crypto::MakeRequestPem(key, name), options),
            .key = std::string(key.view())};
  }

  Party Hub(const std::string& address = "127.0.0.1") const {
    return Make("hub", "hub", 0, address);
  }

  const std::string& certificate() const { return authority_.certificate_pem; }

 private:
  crypto::Authority authority_;
};

// Waits for what another thread does.
class Meeting {
 public:
  template <typename Change>
  void Do(Change change) {
    const std::scoped_lock lock(mutex_);
    change();
    changed_.notify_all();
  }

  template <typename Condition>
  bool Wait(Condition condition, std::chrono::milliseconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Whether `openssl s_client` with the party's certificate gets an answer from the port.
bool HandshakeWith(const std::string& version, int port, const Party& party) {
  const std::string stem = testing::TempPath("handshake");
  std::ofstream(stem + ".pem") << party.chain;
  std::ofstream(stem + ".key") << party.key;
  const std::string command =
      absl::StrCat("openssl s_client -connect 127.0.0.1:", port, " -", version, " -alpn h2 -cert ",
                   stem, ".pem -key ", stem, ".key < /dev/null > /dev/null 2>&1");
  const int code = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(code));
  EXPECT_NE(WEXITSTATUS(code), 127) << "openssl is missing";
  std::filesystem::remove(stem + ".pem");
  std::filesystem::remove(stem + ".key");
  return WEXITSTATUS(code) == 0;
}

class FederationTest : public ::testing::Test {
 protected:
  std::unique_ptr<FederationServer> Serve(const Party& hub, int port = 0) {
    auto server = FederationServer::Start(
        absl::StrCat("127.0.0.1:", port),
        {.certificate_chain_pem = hub.chain,
         .key_pem = hub.key,
         .client_ca_pem = pki_.certificate()},
        {.on_connect =
             [this](const std::string& site, const std::string&) {
               if (revoked_) return absl::PermissionDeniedError("revoked");
               meeting_.Do([&] { connected_.insert(site), ++n_connections_; });
               return absl::OkStatus();
             },
         .on_disconnect =
             [this](const std::string& site) { meeting_.Do([&] { connected_.erase(site); }); },
         .on_answer =
             [this](const std::string& site, const std::string& run, std::uint64_t number,
                    std::string body) {
               meeting_.Do([&] {
                 answers_.push_back(absl::StrCat(site, " ", run, " ", number, " ", body));
               });
             },
         .on_wait = [](const std::string&, const std::string&, std::uint64_t) {},
         .on_renew = [](const std::string& site, const std::string&)
             -> absl::StatusOr<std::string> { return absl::StrCat("certificate of ", site); }},
        v1::Welcome(), log_);
    EXPECT_OK(server);
    return server.ok() ? *std::move(server) : nullptr;
  }

  std::unique_ptr<NodeConnection> Dial(int port, const Party& node, const std::string& ca,
                                       const std::string& site = "va") {
    return NodeConnection::Start(
        absl::StrCat("127.0.0.1:", port),
        {.certificate_chain_pem = node.chain, .key_pem = node.key, .server_ca_pem = ca}, site, "1",
        {.on_welcome =
             [this](const v1::Welcome& welcome) {
               meeting_.Do([&] { ++n_welcomes_, n_peers_ = welcome.roster_size(); });
             },
         .on_ask =
             [this](const std::string& run, std::uint64_t number, std::string body) {
               meeting_.Do([&] { asks_.push_back(absl::StrCat(run, " ", number, " ", body)); });
             },
         .on_run_ended = [](const std::string&) {},
         .on_certificate =
             [this](const std::string& pem) { meeting_.Do([&] { certificate_ = pem; }); },
         .on_lost = [this](const absl::Status&) { meeting_.Do([&] { ++n_lost_; }); }},
        log_);
  }

  bool Connected(const std::string& site = "va") {
    return meeting_.Wait([&] { return connected_.contains(site); });
  }

  // Two attempts have failed and nothing was let in.
  void ExpectRefused() {
    EXPECT_TRUE(meeting_.Wait([&] { return n_lost_ >= 2; }));
    EXPECT_EQ(n_connections_, 0);
  }

  Pki pki_;
  StderrLog log_{Severity::kError};
  Meeting meeting_;
  std::atomic<bool> revoked_{false};
  std::set<std::string> connected_;
  std::vector<std::string> answers_, asks_;
  std::string certificate_;
  int n_connections_ = 0, n_welcomes_ = 0, n_lost_ = 0, n_peers_ = 0;
};

TEST_F(FederationTest, FramesGoBothWays) {
  const auto server = Serve(pki_.Hub());
  const auto node = Dial(server->port(), pki_.Make("va", "site"), pki_.certificate());
  ASSERT_TRUE(Connected());
  server->Ask("va", "run/0", 7, "what?");
  ASSERT_TRUE(meeting_.Wait([&] { return !asks_.empty(); }));
  EXPECT_EQ(asks_.front(), "run/0 7 what?");
  const std::string large(3'000'000, 'x');
  node->Answer("run/0", 7, large);
  ASSERT_TRUE(meeting_.Wait([&] { return !answers_.empty(); }));
  EXPECT_EQ(answers_.front(), "va run/0 7 " + large);
  node->Renew("request");
  ASSERT_TRUE(meeting_.Wait([&] { return !certificate_.empty(); }));
  EXPECT_EQ(certificate_, "certificate of va");
}

TEST_F(FederationTest, ARosterReachesWhoIsConnected) {
  const auto server = Serve(pki_.Hub());
  const auto node = Dial(server->port(), pki_.Make("va", "site"), pki_.certificate());
  ASSERT_TRUE(Connected());
  server->SetRoster({v1::Peer(), v1::Peer()});
  EXPECT_TRUE(meeting_.Wait([&] { return n_peers_ == 2; }));
}

TEST_F(FederationTest, ASiteOfAnotherAuthorityIsRefused) {
  const Pki other;
  const auto server = Serve(pki_.Hub());
  const auto node = Dial(server->port(), other.Make("va", "site"), pki_.certificate());
  ExpectRefused();
}

TEST_F(FederationTest, AnExpiredCertificateIsRefused) {
  const auto server = Serve(pki_.Hub());
  const auto node = Dial(server->port(), pki_.Make("va", "site", 40), pki_.certificate());
  ExpectRefused();
}

TEST_F(FederationTest, AHubOfAnotherAuthorityIsRefused) {
  const Pki other;
  const auto server = Serve(pki_.Hub());
  const auto node = Dial(server->port(), pki_.Make("va", "site"), other.certificate());
  ExpectRefused();
}

TEST_F(FederationTest, AHubUnderAnotherAddressIsRefused) {
  const auto server = Serve(pki_.Hub("10.1.2.3"));
  const auto node = Dial(server->port(), pki_.Make("va", "site"), pki_.certificate());
  ExpectRefused();
}

TEST_F(FederationTest, ADroppedSiteStaysOut) {
  const auto server = Serve(pki_.Hub());
  const auto node = Dial(server->port(), pki_.Make("va", "site"), pki_.certificate());
  ASSERT_TRUE(Connected());
  revoked_ = true;
  server->Drop("va");
  EXPECT_TRUE(meeting_.Wait([&] { return connected_.empty(); }));
  EXPECT_TRUE(meeting_.Wait([&] { return n_lost_ >= 2; }));
  EXPECT_EQ(n_connections_, 1);
}

TEST_F(FederationTest, ANodeComesBackWhenTheHubDoes) {
  const Party hub = pki_.Hub();
  auto server = Serve(hub);
  const int port = server->port();
  const auto node = Dial(port, pki_.Make("va", "site"), pki_.certificate());
  ASSERT_TRUE(Connected());
  server->Stop();
  server.reset();
  ASSERT_TRUE(meeting_.Wait([&] { return n_lost_ > 0; }));
  node->Answer("run/0", 1, "nobody hears this");
  server = Serve(hub, port);
  ASSERT_TRUE(meeting_.Wait([&] { return n_connections_ == 2; }));
  server->Ask("va", "run/0", 1, "again");
  EXPECT_TRUE(meeting_.Wait([&] { return !asks_.empty(); }));
  EXPECT_TRUE(answers_.empty());
}

TEST_F(FederationTest, ASecondConnectionReplacesTheFirst) {
  const auto server = Serve(pki_.Hub());
  const Party site = pki_.Make("va", "site");
  const auto first = Dial(server->port(), site, pki_.certificate());
  ASSERT_TRUE(Connected());
  auto second = Dial(server->port(), site, pki_.certificate());
  ASSERT_TRUE(meeting_.Wait([&] { return n_connections_ >= 2; }));
  EXPECT_TRUE(meeting_.Wait([&] { return n_lost_ > 0; }));
}

class RestTest : public ::testing::Test {
 protected:
  RestTest() {
    const Party hub = pki_.Hub();
    auto server = RestServer::Start(
        "127.0.0.1:0",
        {.certificate_chain_pem = hub.chain, .key_pem = hub.key, .client_ca_pem = ""},
        [](const RestRequest& r) {
          return RestResponse{
              .status = r.path == "/missing" ? 404 : 200,
              .content_type = "text/plain",
              .body = absl::StrCat(r.method, " ", r.path, " ", r.token, " ", r.body.size())};
        },
        [](const RestRequest&, std::uint64_t after) -> std::optional<std::string> {
          if (after >= 3) return std::nullopt;
          return absl::StrCat("{\"version\":", after + 1, "}");
        },
        log_);
    EXPECT_OK(server);
    server_ = *std::move(server);
    target_ = {.url = absl::StrCat("https://127.0.0.1:", server_->port()),
               .ca_pem = pki_.certificate(),
               .token = "secret"};
  }

  Pki pki_;
  StderrLog log_{Severity::kError};
  std::unique_ptr<RestServer> server_;
  RestTarget target_;
};

TEST_F(RestTest, ARequestIsAnswered) {
  ASSERT_OK_AND_ASSIGN(const RestResponse got, Call(target_, "GET", "/v1/x", "", "", 5000));
  EXPECT_EQ(got.body, "GET /v1/x secret 0");
  ASSERT_OK_AND_ASSIGN(const RestResponse missing, Call(target_, "GET", "/missing", "", "", 5000));
  EXPECT_EQ(missing.status, 404);
  ASSERT_OK_AND_ASSIGN(const RestResponse posted,
                       Call(target_, "POST", "/v1/y", "12345", "text/plain", 5000));
  EXPECT_EQ(posted.body, "POST /v1/y secret 5");
}

TEST_F(RestTest, ABodyThatIsTooLargeIsRefused) {
  const auto answer =
      Call(target_, "POST", "/v1/y", std::string(64 << 20, 'x'), "text/plain", 20'000);
  EXPECT_TRUE(!answer.ok() || answer->status == 413) << answer->status;
}

TEST_F(RestTest, EventsArriveInOrderUntilTheEnd) {
  std::vector<std::string> events;
  ASSERT_OK(Stream(target_, "/v1/studies/x/events", [&](std::string_view data) {
    events.emplace_back(data);
    return true;
  }));
  EXPECT_THAT(events,
              ::testing::ElementsAre("{\"version\":1}", "{\"version\":2}", "{\"version\":3}"));
}

TEST_F(RestTest, AnotherAuthorityIsNotTrusted) {
  target_.ca_pem = Pki().certificate();
  const auto answer = Call(target_, "GET", "/v1/x", "", "", 5000);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << answer.status();
}

TEST_F(RestTest, AnOlderTlsIsRefused) {
  const Party site = Pki().Make("site", "site");
  EXPECT_TRUE(HandshakeWith("tls1_3", server_->port(), site));
  EXPECT_FALSE(HandshakeWith("tls1_2", server_->port(), site));
}

TEST_F(FederationTest, AnOlderTlsIsRefused) {
  const auto server = Serve(pki_.Hub());
  ASSERT_NE(server, nullptr);
  const Party site = pki_.Make("chu-a", "site");
  EXPECT_TRUE(HandshakeWith("tls1_3", server->port(), site));
  EXPECT_FALSE(HandshakeWith("tls1_2", server->port(), site));
}

TEST(Control, AnswersItsOwnUserUntilItEnds) {
  const std::string path = testing::TempPath("control");
  std::atomic<bool> stopped{false};
  auto server = ControlServer::Start(path, {.status =
                                                [] {
                                                  v1::ControlStatus status;
                                                  status.set_connected(true);
                                                  status.add_runs()->set_run_id("r");
                                                  return status;
                                                },
                                            .stop = [&] { stopped = true; }});
  ASSERT_OK(server.status());
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  ASSERT_OK_AND_ASSIGN(const v1::ControlStatus status, ControlStatusAt(path));
  EXPECT_TRUE(status.connected());
  EXPECT_EQ(status.runs(0).run_id(), "r");
  EXPECT_OK(ControlStopAt(path));
  EXPECT_TRUE(stopped);
  server->reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THAT(ControlStatusAt(path).status(), testing::HasCode(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ControlServer::Start(std::string(200, 'x'), {}).status(),
              testing::HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(RestTest, NobodyThere) {
  server_->Stop();
  const auto answer = Call(target_, "GET", "/v1/x", "", "", 5000);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(answer.status().message()), ::testing::HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace essaim::transport
