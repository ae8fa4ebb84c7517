#include "hub/rest_api.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/entropy.h"

namespace essaim::hub {
namespace {

using transport::RestRequest;
using transport::RestResponse;
using Json = nlohmann::json;

class FixedClock final : public Clock {
 public:
  std::int64_t NowMs() const override { return 1'800'000'000'000; }
};

class RestApiTest : public ::testing::Test {
 protected:
  RestApiTest() : path_(testing::TempPath("rest_api_test")) {
    std::filesystem::remove_all(path_);
    const HubConfig config{.name = "test", .rest_address = "h:1", .grpc_address = "h:2"};
    auto made = InitHubFolder(path_, config, clock_.NowMs(), entropy_);
    EXPECT_OK(made.status());
    token_ = made->operator_token;
    auto store = Store::Open({.path = path_ + "/hub.db", .sealing_key = {}, .entropy = nullptr});
    EXPECT_OK(store.status());
    service_ = std::make_unique<HubService>(*OpenHubFolder(path_), *std::move(store), registry_,
                                            clock_, entropy_, log_);
    folder_ = std::move(made->folder);
    api_ = std::make_unique<RestApi>(*service_, folder_);
  }

  ~RestApiTest() override { std::filesystem::remove_all(path_); }

  RestResponse Send(const std::string& method, const std::string& path, const std::string& body,
                    bool with_token = true) {
    return api_->Handle({.method = method,
                         .path = path,
                         .body = body,
                         .token = with_token ? token_ : "",
                         .query = {},
                         .remote = ""});
  }

  const std::string path_;
  FixedClock clock_;
  crypto::SystemEntropy entropy_;
  StderrLog log_{Severity::kError};
  Registry registry_;
  std::string token_;
  HubFolder folder_;
  std::unique_ptr<HubService> service_;
  std::unique_ptr<RestApi> api_;
};

// A byte that is no text came back in the error's message, and writing the JSON threw.
TEST_F(RestApiTest, AnswersBytesThatAreNoTextWithJson) {
  for (const char* path : {"/v1/\xFF", "/v1/studies/\xC3", "/v1/enrolments/\x80"}) {
    const RestResponse response = Send("GET", path, "");
    EXPECT_EQ(response.status, 404);
    EXPECT_TRUE(Json::parse(response.body).contains("error"));
  }
  EXPECT_EQ(Send("POST", "/v1/tokens", "{\"name\":\"\xFF\",\"role\":\"operator\"}").status, 400);
  EXPECT_EQ(Send("POST", "/v1/studies", "essaim: 1\nname: a\ntitle: \xFF\n").status, 400);
}

TEST_F(RestApiTest, FieldsOfAnotherTypeAreRefused) {
  EXPECT_EQ(Send("POST", "/v1/tokens", R"({"name":1,"role":[]})").status, 400);
  EXPECT_EQ(Send("POST", "/v1/sites/a/approve", R"({"fingerprint":{}})").status, 400);
  EXPECT_EQ(Send("POST", "/v1/enrolments", R"(["name"])").status, 400);
}

TEST_F(RestApiTest, WithoutATokenOnlyTheOpenPathsAnswer) {
  EXPECT_EQ(Send("GET", "/healthz", "", false).status, 200);
  EXPECT_EQ(Send("GET", "/v1/authority", "", false).status, 200);
  for (const char* path : {"/v1/status", "/v1/studies", "/v1/anything"})
    EXPECT_EQ(Send("GET", path, "", false).status, 401) << path;
  EXPECT_EQ(Send("POST", "/v1/tokens", R"({"name":"a","role":"operator"})", false).status, 401);
}

TEST_F(RestApiTest, AResearcherMakesNoTokensAndApprovesNobody) {
  const RestResponse made = Send("POST", "/v1/tokens", R"({"name":"r","role":"researcher"})");
  ASSERT_EQ(made.status, 200);
  token_ = Json::parse(made.body)["token"];
  EXPECT_EQ(Send("GET", "/v1/status", "").status, 200);
  EXPECT_EQ(Send("POST", "/v1/tokens", R"({"name":"a","role":"operator"})").status, 403);
  EXPECT_EQ(Send("POST", "/v1/sites/a/approve", R"({"fingerprint":""})").status, 403);
}

TEST_F(RestApiTest, ATokenIsListedAndRevoked) {
  const RestResponse made = Send("POST", "/v1/tokens", R"({"name":"r","role":"researcher"})");
  ASSERT_EQ(made.status, 200);
  EXPECT_EQ(Send("POST", "/v1/tokens", R"({"name":"r","role":"operator"})").status, 409);
  const RestResponse list = Send("GET", "/v1/tokens", "");
  EXPECT_EQ(Json::parse(list.body)["tokens"].size(), 2u);
  EXPECT_EQ(list.body.find(Json::parse(made.body)["token"].get<std::string>()), std::string::npos);
  EXPECT_EQ(Send("POST", "/v1/tokens/revoke", R"({"name":"nobody"})").status, 404);
  EXPECT_EQ(Send("POST", "/v1/tokens/revoke", R"({"name":"operator"})").status, 409);
  EXPECT_EQ(Send("POST", "/v1/tokens/revoke", R"({"name":"r"})").status, 200);
  token_ = Json::parse(made.body)["token"];
  EXPECT_EQ(Send("GET", "/v1/status", "").status, 401);
}

TEST_F(RestApiTest, TheServersCertificateIsRenewedUnderTheSameAuthority) {
  constexpr std::int64_t kDayMs = 86'400'000;
  EXPECT_FALSE(ServerIsDue(folder_, clock_.NowMs() + 500 * kDayMs));
  EXPECT_TRUE(ServerIsDue(folder_, clock_.NowMs() + 551 * kDayMs));
  const std::string before = folder_.server_chain_pem;
  HubConfig config = folder_.config;
  config.rest_listen = "0.0.0.0:1";
  config.names = {"hub.example"};
  ASSERT_OK(RenewServer(folder_, config, clock_.NowMs() + 551 * kDayMs));
  ASSERT_OK_AND_ASSIGN(const HubFolder again, OpenHubFolder(path_));
  EXPECT_NE(again.server_chain_pem, before);
  EXPECT_EQ(again.config.rest_socket(), "0.0.0.0:1");
  EXPECT_EQ(again.config.grpc_socket(), "h:2");
  EXPECT_FALSE(ServerIsDue(again, clock_.NowMs() + 551 * kDayMs));
  EXPECT_OK(crypto::CheckIssued(again.server_chain_pem, again.authority.certificate_pem,
                                crypto::Purpose::kServer, clock_.NowMs() + 552 * kDayMs));
  config.rest_address = "no port";
  EXPECT_THAT(RenewServer(folder_, config, 0),
              testing::HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim::hub
