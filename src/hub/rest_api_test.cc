#include "hub/rest_api.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/testing/status_matchers.h"
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
  RestApiTest() : path_(::testing::TempDir() + "/rest_api_test") {
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

}  // namespace
}  // namespace essaim::hub
